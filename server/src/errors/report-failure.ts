import type { Problem } from '@achilles/mcp-contract'
import type { Log } from '../telemetry/log.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import { toProblem } from './to-problem.ts'

export interface FailedRequest {
  requestId: string
  record: RequestRecord
  log: Log
  /** Where it failed, for the log. */
  where: { path: string } | { operation: string | undefined }
}

/** Adds a failure to the request's record and logs internal errors. Returns the problem. */
export function reportFailure(error: unknown, { requestId, record, log, where }: FailedRequest): Problem {
  const problem = toProblem(error, requestId)
  record.addProblem(problem)
  if (problem.status === 500) {
    const err = error instanceof Error ? (error.cause ?? error) : error
    log.error({ request_id: requestId, ...where, err }, 'Internal error')
  }
  return problem
}
