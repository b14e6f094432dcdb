import { omittedFrom, PROBLEMS, type Problem, ProblemCode, toIssues } from '@achilles/mcp-contract'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import type { Log } from '../telemetry/log.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import { badRequest, GatewayError } from './gateway-error.ts'

/** An unexpected error becomes a 500 without details. */
export function toProblem(error: unknown, requestId: string): Problem {
  const { problem: code, message, issues, issuesOmitted, upstream, retryable } = toGatewayError(error)
  const { status, title } = PROBLEMS[code]
  return {
    type: `/problems/${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: message,
    code,
    request_id: requestId,
    retryable,
    ...(issues && { issues }),
    ...(issuesOmitted > 0 && { issues_omitted: issuesOmitted }),
    ...(upstream && { upstream }),
  }
}

/** Unwraps tRPC errors: a `GatewayError` from a procedure, or an input that failed its schema. */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  if (error instanceof TRPCError) {
    const { cause, code } = error
    if (cause instanceof GatewayError) return cause
    if (code !== 'INTERNAL_SERVER_ERROR') {
      if (cause instanceof z.core.$ZodError) return badRequest(toIssues(cause), error, omittedFrom(cause))
      const known = ProblemCode.safeParse(code)
      return new GatewayError(known.success ? known.data : 'BAD_REQUEST', error.message, { cause: error })
    }
  }
  return new GatewayError('INTERNAL_SERVER_ERROR', 'Internal error in the gateway.', { cause: error })
}

export interface FailedRequest {
  requestId: string
  record: RequestRecord
  log: Log
  where: { path: string } | { operation: string | undefined }
}

/** Adds the problem to the request's record, and logs internal errors. */
export function reportFailure(error: unknown, { requestId, record, log, where }: FailedRequest): Problem {
  const problem = toProblem(error, requestId)
  record.addProblem(problem)
  if (problem.status === 500) {
    const err = error instanceof Error ? (error.cause ?? error) : error
    log.error({ request_id: requestId, ...where, err }, 'Internal error')
  }
  return problem
}

/** `application/problem+json` (RFC 9457). */
export const problemResponse = (problem: Problem, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  })
