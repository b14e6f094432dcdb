import { isPlainObject, type ProblemCode } from '@achilles/mcp-contract'
import { TimeoutError } from 'got'
import { GatewayError } from '../problem/gateway-error.ts'
import type { CoreResponse } from './core-response.ts'
import type { Deadline } from './deadline.ts'

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
  const code = PASSED_ON[statusCode] ?? 'BAD_GATEWAY'
  const detail = detailOf(body)
  const retryAfter = code === 'TOO_MANY_REQUESTS' || code === 'SERVICE_UNAVAILABLE' ? headers['retry-after'] : undefined
  return new GatewayError(code, detail ?? `Core answered with status ${statusCode}.`, {
    upstream: { status: statusCode, ...(detail !== undefined && { detail }) },
    retryable: statusCode === 429 || statusCode >= 500,
    ...(retryAfter !== undefined && { headers: { 'retry-after': retryAfter } }),
  })
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

/** The caller is gone: nobody reads the answer, and Core is not to blame. */
export class CallerHungUp extends Error {
  override readonly name = 'CallerHungUp'
}

/** The error where Core gave no answer: refused here, out of time, unreachable, or broken off. */
export function failureError(error: unknown, deadline: Deadline): GatewayError {
  if (error instanceof GatewayError) return error
  if (deadline.hungUp) return new GatewayError('SERVICE_UNAVAILABLE', 'The caller hung up.', { cause: error })
  if (deadline.passed || error instanceof TimeoutError) {
    return new GatewayError('GATEWAY_TIMEOUT', 'Core did not answer in time.', { cause: error })
  }
  return new GatewayError('SERVICE_UNAVAILABLE', 'Core cannot be reached.', {
    headers: { 'retry-after': '1' },
    cause: error,
  })
}

const LONGEST_DETAIL = 2_000

/** Core's own words, where it sent JSON with a `detail`: a text, or FastAPI's list of faults. */
function detailOf(body: Buffer): string | undefined {
  let answer: unknown
  try {
    answer = JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
  if (!isPlainObject(answer) || answer.detail === undefined) return undefined
  const { detail } = answer
  return (typeof detail === 'string' ? detail : JSON.stringify(detail)).slice(0, LONGEST_DETAIL)
}
