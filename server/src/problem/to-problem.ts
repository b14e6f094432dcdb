import { issuesOf, omittedFrom, PROBLEMS, type Problem, ProblemCode } from '@achilles/mcp-contract'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { badRequest, GatewayError } from './gateway-error.ts'

/** The envelope for whatever was thrown. What the gateway did not mean to tell is a 500 whose text tells nothing. */
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

/** The same error as one of ours: tRPC's own refusals keep their words, anything else becomes a fault of ours. */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  if (error instanceof TRPCError && error.code !== 'INTERNAL_SERVER_ERROR') {
    const { cause } = error
    if (cause instanceof z.core.$ZodError) return badRequest(issuesOf(cause), error, omittedFrom(cause))
    const code = ProblemCode.safeParse(error.code)
    return new GatewayError(code.success ? code.data : 'BAD_REQUEST', error.message, { cause: error })
  }
  return new GatewayError('INTERNAL_SERVER_ERROR', 'The gateway failed. The fault is ours, not the request’s.', {
    cause: error,
  })
}
