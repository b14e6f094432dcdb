import { isPlainObject, PROBLEMS, type Problem, type ProblemCode, type ProblemIssue } from '@achilles/mcp-contract'

/** Further details of a failure, beside its problem. */
export interface GatewayErrorOptions {
  cause?: unknown
  retryAfterMs?: number | undefined
}

/**
 * A failed call: the problem that the gateway returned or, if no gateway responded, a problem that describes why.
 * Narrow with `isGatewayError`, which also recognizes the errors of another copy of this package.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  /** The complete problem (RFC 9457); `retryable` is true if the same call may succeed later. */
  readonly data: Problem
  /** The delay that `Retry-After` requested, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(data: Problem, { cause, retryAfterMs }: GatewayErrorOptions = {}) {
    super(data.detail, { cause })
    this.data = data
    this.retryAfterMs = retryAfterMs
  }
}

/** True for every `GatewayError`, also of another copy of this package. */
export function isGatewayError(error: unknown): error is GatewayError {
  return error instanceof Error && error.name === 'GatewayError' && isProblem((error as { data?: unknown }).data)
}

function isProblem(value: unknown): value is Problem {
  return isPlainObject(value) && typeof value.code === 'string' && typeof value.retryable === 'boolean'
}

export function isWholeProblem(value: unknown): value is Problem {
  if (!isProblem(value) || !Number.isInteger(value.status)) return false
  return [value.type, value.title, value.detail, value.request_id].every((field) => typeof field === 'string')
}

interface LocalFailure
  extends GatewayErrorOptions,
    Partial<Pick<Problem, 'retryable' | 'issues' | 'issues_omitted' | 'upstream'>> {}

/** An error that the client itself detected. Its `request_id` is empty. */
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

export function badRequest(
  issues: ProblemIssue[],
  { issues_omitted, cause }: Pick<Partial<Problem>, 'issues_omitted'> & { cause?: unknown } = {},
): GatewayError {
  const detail = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')
  return localError('BAD_REQUEST', detail, { issues, issues_omitted, cause })
}

/** The used part of `TRPCClientError`; `meta.response` is the result of `GatewayFetch`. */
interface TRPCFailure extends Error {
  data?: unknown
  meta?: { response?: { retryAfterMs?: number | undefined } }
}

export function toGatewayError(error: unknown): GatewayError {
  const { cause, data, meta, message } = error as TRPCFailure
  if (isGatewayError(cause)) return cause
  if (isProblem(data)) return new GatewayError(data, { cause: error, retryAfterMs: meta?.response?.retryAfterMs })
  return localError('BAD_GATEWAY', `The response is not a gateway’s: ${message}`, { cause: error })
}

export const isReportedByGateway = ({ data }: GatewayError): boolean => data.request_id !== ''
