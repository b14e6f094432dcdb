import { isDeeperThan, isPlainObject, MAX_JSON_DEPTH, type ProblemCode, parseJson } from '@achilles/mcp-contract'
import { TimeoutError } from 'got'
import { GatewayError } from '../errors/gateway-error.ts'
import { isTooLarge, MAX_RESPONSE_BYTES } from './connections.ts'
import type { Deadline } from './deadline.ts'
import type { HttpResponse } from './read-response.ts'
import { parseRetryAfter } from './retry-after.ts'
import type { CoreResponse } from './types.ts'

/** Statuses of Core that the caller gets unchanged; all others become 502. */
export const PASSED_ON: Readonly<Record<number, ProblemCode>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  503: 'SERVICE_UNAVAILABLE',
}

/** Maps a response of Core that is not a success, after all retries, to an error. */
export function toUpstreamError({ statusCode, body, headers }: HttpResponse): GatewayError {
  const parsed = parseJsonBody(body)
  if (parsed === undefined) return new NotJsonError(statusCode)
  const code = PASSED_ON[statusCode] ?? 'BAD_GATEWAY'
  const detail = getDetail(parsed)
  const hasRetryAfter = code === 'TOO_MANY_REQUESTS' || code === 'SERVICE_UNAVAILABLE'
  const retryAfter = hasRetryAfter ? getRetryAfter(headers) : undefined
  return new GatewayError(code, detail ?? `Core answered with status ${statusCode}.`, {
    upstream: { status: statusCode, ...(detail !== undefined && { detail }) },
    retryable: statusCode === 429 || statusCode >= 500,
    ...(retryAfter !== undefined && { headers: { 'retry-after': retryAfter } }),
  })
}

/**
 * A response that is not JSON, so it comes from a proxy or the like, whatever its status. Retryable, since it is unknown
 * whether Core handled the call.
 */
export class NotJsonError extends GatewayError {
  /** @param status of the response; undefined for a success */
  constructor(status: number | undefined, cause?: unknown) {
    const subject = status === undefined ? 'The response' : `The response with status ${status}`
    super('BAD_GATEWAY', `${subject} is not JSON, so it does not come from Core.`, {
      ...(status !== undefined && { upstream: { status } }),
      cause,
    })
  }
}

/** Core's `Retry-After` if it is a number of seconds or a date; the contract drops anything else. */
function getRetryAfter(headers: HttpResponse['headers']): string | undefined {
  const value = headers['retry-after']
  return parseRetryAfter(value) === undefined ? undefined : value
}

/**
 * True if Core rejected the content of a call, so that a part of it sent on its own may succeed. Includes 500, since a
 * single event can cause it; excludes statuses that mean Core is busy or unavailable.
 */
export function rejectsWholeBatch(error: unknown): boolean {
  if (!(error instanceof GatewayError) || !error.upstream) return false
  const { status } = error.upstream
  return status === 500 || (status >= 400 && status < 500 && status !== 408 && status !== 429)
}

/**
 * Maps a failure without a response of Core: rejected by the gateway, timed out, unreachable, aborted, or too large.
 * Anything else is an internal error and is returned unchanged.
 */
export function toFailureError(error: unknown, deadline: Deadline): unknown {
  if (error instanceof GatewayError) return error
  if (deadline.disconnected)
    return new GatewayError('SERVICE_UNAVAILABLE', 'The caller disconnected.', { cause: error })
  if (deadline.passed || error instanceof TimeoutError) {
    return new GatewayError('GATEWAY_TIMEOUT', 'Core did not answer in time.', { cause: error })
  }
  if (isTooLarge(error)) return new OversizedResponseError(error)
  if (isInternal(error)) return error
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  return new GatewayError('SERVICE_UNAVAILABLE', `Core cannot be reached (${code ?? 'the connection closed'}).`, {
    headers: { 'retry-after': '1' },
    cause: error,
  })
}

/** Network failures have a `code`. Node throws a TypeError, also with a `code`, for a header that cannot be sent. */
function isInternal(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error instanceof TypeError || error.cause instanceof TypeError || !('code' in error)
}

export class OversizedResponseError extends GatewayError {
  constructor(cause: unknown) {
    super('BAD_GATEWAY', `Core’s response is larger than ${MAX_RESPONSE_BYTES / 2 ** 20} MiB.`, { cause })
  }
}

const MAX_DETAIL_LENGTH = 2_000

export const isJson = (body: Buffer): boolean => parseJsonBody(body) !== undefined

/** Undefined if the body is not JSON. */
function parseJsonBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** The `detail` of an error body: a string, or FastAPI's list of validation errors as JSON. */
function getDetail(body: unknown): string | undefined {
  if (!isPlainObject(body) || body.detail === undefined) return undefined
  const { detail } = body
  // JSON.stringify is recursive and would overflow the stack on deep nesting that JSON.parse accepts.
  if (isDeeperThan(detail, MAX_JSON_DEPTH)) return undefined
  return (typeof detail === 'string' ? detail : JSON.stringify(detail)).slice(0, MAX_DETAIL_LENGTH)
}

/** @throws GatewayError `BAD_GATEWAY` if the bytes are not JSON, `CORE_CONTRACT_VIOLATION` if nested too deep. */
export function parseResponse(bytes: Buffer): CoreResponse {
  let value: unknown
  try {
    value = parseJson(bytes.toString('utf8'), { decimals: 'nearest' })
  } catch (error) {
    throw new NotJsonError(undefined, error)
  }
  if (isDeeperThan(value, 2 * MAX_JSON_DEPTH)) {
    throw new GatewayError('CORE_CONTRACT_VIOLATION', `Core’s response nests deeper than ${2 * MAX_JSON_DEPTH} levels.`)
  }
  return { value, bytes }
}
