import { isPlainObject, PROBLEMS, type Problem, type ProblemCode } from '@achilles/mcp-contract'

/** What is known of a failure beside its problem. */
export interface GatewayErrorOptions {
  cause?: unknown
  retryAfterMs?: number | undefined
}

/**
 * Why a call failed: what the gateway answered or, where no gateway did, what stood in the way. Narrow with
 * `isGatewayError`, which also knows the errors of another copy of this package.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  /** The whole problem (RFC 9457); `retryable` says whether the same call may succeed later. */
  readonly data: Problem
  /** What `Retry-After` asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(data: Problem, { cause, retryAfterMs }: GatewayErrorOptions = {}) {
    super(data.detail, { cause })
    this.data = data
    this.retryAfterMs = retryAfterMs
  }
}

/** True for every failure of a call to a gateway. */
export function isGatewayError(error: unknown): error is GatewayError {
  return error instanceof Error && error.name === 'GatewayError' && isProblem((error as { data?: unknown }).data)
}

/** True for the envelope that every error of a gateway's carries. */
export function isProblem(value: unknown): value is Problem {
  return isPlainObject(value) && typeof value.code === 'string' && typeof value.retryable === 'boolean'
}

/** A failure that no gateway told of: found here, or on the way. */
export function localError(
  code: ProblemCode,
  detail: string,
  { retryable = PROBLEMS[code].retryable, issues, issues_omitted, cause }: Partial<Problem> & { cause?: unknown } = {},
): GatewayError {
  const { status, title } = PROBLEMS[code]
  const type = `/problems/${code.toLowerCase().replaceAll('_', '-')}`
  return new GatewayError(
    {
      ...{ type, title, status, detail, code, request_id: '', retryable },
      ...(issues && { issues }),
      ...(issues_omitted && { issues_omitted }),
    },
    { cause },
  )
}
