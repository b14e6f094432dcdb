import { isDeeperThan, isPlainObject, MAX_JSON_DEPTH, type ProblemCode } from '@achilles/mcp-contract'
import { TimeoutError } from 'got'
import { GatewayError } from '../problem/gateway-error.ts'
import { isTooLarge, MAX_RESPONSE_BYTES } from './connections.ts'
import type { CoreResponse } from './core-response.ts'
import type { Deadline } from './deadline.ts'
import { parseRetryAfter } from './retry-after.ts'

/** Statuses that reach the caller as Core sent them; all others are bad gateways. */
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

/** The error for an answer of Core's that is not a success, after got's retries. */
export function answerError({ statusCode, body, headers }: CoreResponse): GatewayError {
  const answer = parsedRefusal(body)
  if (answer === undefined) return new NotJsonError(statusCode)
  const code = PASSED_ON[statusCode] ?? 'BAD_GATEWAY'
  const detail = detailOf(answer)
  const mayWait = code === 'TOO_MANY_REQUESTS' || code === 'SERVICE_UNAVAILABLE'
  const retryAfter = mayWait ? retryAfterOf(headers) : undefined
  return new GatewayError(code, detail ?? `Core answered with status ${statusCode}.`, {
    upstream: { status: statusCode, ...(detail !== undefined && { detail }) },
    retryable: statusCode === 429 || statusCode >= 500,
    ...(retryAfter !== undefined && { headers: { 'retry-after': retryAfter } }),
  })
}

/**
 * A response that is not JSON: not Core's word but that of something in between, whatever its status. Retryable, since
 * nobody knows what became of the call.
 */
export class NotJsonError extends GatewayError {
  /** @param status that of the response, where it is no success */
  constructor(status: number | undefined, cause?: unknown) {
    const which = status === undefined ? 'The response' : `The response with status ${status}`
    super('BAD_GATEWAY', `${which} is not JSON, so it does not come from Core.`, {
      ...(status !== undefined && { upstream: { status } }),
      cause,
    })
  }
}

/** Only what the contract lets through: seconds or a date. */
function retryAfterOf(headers: CoreResponse['headers']): string | undefined {
  const value = headers['retry-after']
  return parseRetryAfter(value) === undefined ? undefined : value
}

/**
 * True where Core refused what a call said, so that parts of it may pass: not where it was busy or failed. 500 is among
 * the refusals, since one event may be what breaks Core.
 */
export function refusesTheWhole(error: unknown): boolean {
  if (!(error instanceof GatewayError) || !error.upstream) return false
  const { status } = error.upstream
  return status === 500 || (status >= 400 && status < 500 && status !== 408 && status !== 429)
}

/**
 * The error where Core gave no answer: rejected here, out of time, unreachable, or broken off. What is none of these is a
 * fault of the gateway's own and stays what it is.
 */
export function failureError(error: unknown, deadline: Deadline): unknown {
  if (error instanceof GatewayError) return error
  if (deadline.hungUp) return new GatewayError('SERVICE_UNAVAILABLE', 'The caller hung up.', { cause: error })
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

/** Network failures have a code. Node throws a TypeError, with a code too, for what cannot be sent, e.g. in a header. */
function isInternal(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error instanceof TypeError || error.cause instanceof TypeError || !('code' in error)
}

/** Core sent more than is read of a response. */
export class OversizedResponseError extends GatewayError {
  constructor(cause: unknown) {
    super('BAD_GATEWAY', `Core’s response is larger than ${MAX_RESPONSE_BYTES / 2 ** 20} MiB.`, { cause })
  }
}

const LONGEST_DETAIL = 2_000

export const isJson = (body: Buffer): boolean => parsedRefusal(body) !== undefined

/** What a refusal says; undefined where it is not JSON. */
function parsedRefusal(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** Core's own words, where it sent an object with a `detail`: a text, or FastAPI's list of faults. */
function detailOf(answer: unknown): string | undefined {
  if (!isPlainObject(answer) || answer.detail === undefined) return undefined
  const { detail } = answer
  // JSON.stringify recurses: it must not meet what JSON.parse can read.
  if (isDeeperThan(detail, MAX_JSON_DEPTH)) return undefined
  return (typeof detail === 'string' ? detail : JSON.stringify(detail)).slice(0, LONGEST_DETAIL)
}
