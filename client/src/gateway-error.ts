import { isPlainObject, PROBLEMS, type Problem, type ProblemCode, type ProblemIssue } from '@achilles/mcp-contract'

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
function isProblem(value: unknown): value is Problem {
  return isPlainObject(value) && typeof value.code === 'string' && typeof value.retryable === 'boolean'
}

/** True for a problem with every field that the contract names. */
export function isWholeProblem(value: unknown): value is Problem {
  if (!isProblem(value) || !Number.isInteger(value.status)) return false
  return [value.type, value.title, value.detail, value.request_id].every((field) => typeof field === 'string')
}

interface LocalFailure
  extends GatewayErrorOptions,
    Partial<Pick<Problem, 'retryable' | 'issues' | 'issues_omitted' | 'upstream'>> {}

/** A failure that no gateway reported: found here, or on the way. Its `request_id` is empty. */
export function localError(
  code: ProblemCode,
  detail: string,
  { retryable = PROBLEMS[code].retryable, issues, issues_omitted, upstream, ...options }: LocalFailure = {},
): GatewayError {
  const { status, title } = PROBLEMS[code]
  const type = `/problems/${code.toLowerCase().replaceAll('_', '-')}`
  const problem: Problem = {
    ...{ type, title, status, detail, code, request_id: '', retryable },
    ...(issues && { issues }),
    ...(issues_omitted && { issues_omitted }),
    ...(upstream && { upstream }),
  }
  return new GatewayError(problem, options)
}

/** The error for input that is rejected here, before anything is sent. */
export function badRequest(
  issues: ProblemIssue[],
  { issues_omitted, cause }: Pick<Partial<Problem>, 'issues_omitted'> & { cause?: unknown } = {},
): GatewayError {
  const detail = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')
  return localError('BAD_REQUEST', detail, { issues, issues_omitted, cause })
}

/** The slice of a `TRPCClientError` that is used; `meta.response` is what `gatewayFetch` returned. */
interface TRPCFailure extends Error {
  data?: unknown
  meta?: { response?: { retryAfterMs?: number | undefined } }
}

/** Whatever tRPC's links reject with, as what it is: the gateway's problem, or a failure found on the way. */
export function toGatewayError(error: unknown): GatewayError {
  const { cause, data, meta, message } = error as TRPCFailure
  if (isGatewayError(cause)) return cause
  if (isProblem(data)) return new GatewayError(data, { cause: error, retryAfterMs: meta?.response?.retryAfterMs })
  return localError('BAD_GATEWAY', `The response is not a gateway’s: ${message}`, { cause: error })
}

/** True where the gateway itself reported the failure. */
export const isReportedByGateway = ({ data }: GatewayError): boolean => data.request_id !== ''
