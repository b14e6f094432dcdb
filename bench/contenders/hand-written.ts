import {
  EventBatchResponse,
  InsightOut,
  issuesOf,
  MCPEventBatch,
  MCPInsightsQuery,
  MCPSessionCreate,
  type ProblemIssue,
  SessionOut,
} from '@achilles/mcp-contract'
import Fastify, { type FastifyError, type FastifyReply } from 'fastify'
import { Pool } from 'undici'
import { z } from 'zod'
import { coreHeaders } from './core-headers.ts'
import { environment } from './environment.ts'
import { OPERATIONS, type Operation, REST_BASE } from './operations.ts'

/** The gateway's duty in one file, by hand: validate, forward, validate, reply. */
const app = Fastify({ bodyLimit: 5 * 1024 * 1024 })
const { origin, pathname } = new URL(environment.coreUrl)
const corePath = pathname.replace(/\/$/, '')
const pool = new Pool(origin, { connections: 128, headersTimeout: 10_000, bodyTimeout: 10_000 })

serve(OPERATIONS.createSession, MCPSessionCreate, SessionOut)
serve(OPERATIONS.ingestBatch, MCPEventBatch, EventBatchResponse)
serve(OPERATIONS.insights, MCPInsightsQuery, z.array(InsightOut))

app.setErrorHandler<FastifyError>((error, _, reply) => refuse(reply, error.statusCode ?? 502, error.message))

await app.listen({ port: environment.port, host: '127.0.0.1' })

function serve(operation: Operation, Input: z.ZodType, Answer: z.ZodType): void {
  app.post(`${REST_BASE}${operation.rest}`, async (request, reply) => {
    const input = Input.safeParse(request.body)
    if (!input.success) return refuse(reply, 400, 'Bad Request', issuesOf(input.error))
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: `${corePath}${operation.core}`,
      headers: { 'content-type': 'application/json', ...coreHeaders(request.headers, operation) },
      body: JSON.stringify(input.data),
    })
    const text = await body.text()
    if (statusCode < 200 || statusCode > 299) return refuse(reply, 502, `Core answered ${statusCode}`)
    const answer = Answer.safeParse(JSON.parse(text))
    if (!answer.success) return refuse(reply, 502, 'Core’s answer breaks the contract', issuesOf(answer.error))
    // Core's own bytes: they have been proved, nothing in them changes.
    return reply.type('application/json').send(text)
  })
}

function refuse(reply: FastifyReply, status: number, title: string, issues?: ProblemIssue[]): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, issues }))
}
