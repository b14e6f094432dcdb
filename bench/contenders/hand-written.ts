import {
  EventBatchResponse,
  InsightOut,
  MCPEventBatch,
  MCPInsightsQuery,
  MCPSessionCreate,
  type ProblemIssue,
  SessionOut,
  toIssues,
} from '@achilles/mcp-contract'
import Fastify, { type FastifyError, type FastifyReply } from 'fastify'
import { Pool } from 'undici'
import { z } from 'zod'
import { coreHeaders, environment, OPERATIONS, type Operation, REST_BASE } from './operations.ts'

// The gateway's work written by hand in one file: validate, forward, validate, respond.
const app = Fastify({ bodyLimit: 5 * 1024 * 1024 })
const { origin, pathname } = new URL(environment.coreUrl)
const corePath = pathname.replace(/\/$/, '')
const pool = new Pool(origin, { connections: 128, headersTimeout: 10_000, bodyTimeout: 10_000 })

serve(OPERATIONS.createSession, MCPSessionCreate, SessionOut)
serve(OPERATIONS.ingestBatch, MCPEventBatch, EventBatchResponse)
serve(OPERATIONS.insights, MCPInsightsQuery, z.array(InsightOut))

app.setErrorHandler<FastifyError>((error, _, reply) => sendProblem(reply, error.statusCode ?? 502, error.message))

await app.listen({ port: environment.port, host: '127.0.0.1' })

function serve(operation: Operation, Input: z.ZodType, Output: z.ZodType): void {
  app.post(`${REST_BASE}${operation.rest}`, async (request, reply) => {
    const input = Input.safeParse(request.body)
    if (!input.success) return sendProblem(reply, 400, 'Bad Request', toIssues(input.error))
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: `${corePath}${operation.core}`,
      headers: { 'content-type': 'application/json', ...coreHeaders(request.headers, operation) },
      body: JSON.stringify(input.data),
    })
    const text = await body.text()
    if (statusCode < 200 || statusCode > 299) return sendProblem(reply, 502, `Core responded with ${statusCode}`)
    const output = Output.safeParse(JSON.parse(text))
    if (!output.success) return sendProblem(reply, 502, 'Core’s response violates the contract', toIssues(output.error))
    // Core's own text, which is valid as it is.
    return reply.type('application/json').send(text)
  })
}

function sendProblem(reply: FastifyReply, status: number, title: string, issues?: ProblemIssue[]): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, issues }))
}
