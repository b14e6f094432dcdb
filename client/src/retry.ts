import { isGatewayError } from './gateway-error.ts'
import { delay } from './timers.ts'

/** How long to wait before trying again, in milliseconds. */
export interface Backoff {
  firstMs: number
  maxMs: number
}

/**
 * The wait after so many failures in a row: doubling, at random between half and all of it, so that many clients do not
 * come back at once.
 */
export function backoffMs(failures: number, { firstMs, maxMs }: Backoff, random: () => number = Math.random): number {
  const full = Math.min(maxMs, firstMs * 2 ** (failures - 1))
  return full * (0.5 + random() / 2)
}

const BACKOFF: Backoff = { firstMs: 250, maxMs: 4_000 }

/** The rate limit counts calls per minute: a call that has to wait longer fails at once. */
const MAX_RETRY_AFTER_MS = 60_000

/**
 * Makes a call, and up to `retries` times again while it fails retryably: after a growing, random wait that never
 * undercuts `Retry-After`.
 * @throws What the last attempt threw, or the signal's reason.
 */
export async function withRetry<Output>(
  call: () => Promise<Output>,
  retries: number,
  signal: AbortSignal | undefined,
): Promise<Output> {
  for (let failures = 1; ; failures++) {
    signal?.throwIfAborted()
    try {
      return await rejectOnAbort(call(), signal)
    } catch (error) {
      signal?.throwIfAborted()
      const asked = getRetryAfterMs(error)
      if (failures > retries || asked === undefined || asked > MAX_RETRY_AFTER_MS) throw error
      await delay(Math.max(backoffMs(failures, BACKOFF), asked), signal)
    }
  }
}

/** Rejects at once, even if other calls that are not aborted share the request. */
function rejectOnAbort<Output>(call: Promise<Output>, signal: AbortSignal | undefined): Promise<Output> {
  if (!signal) return call
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort)
    call.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Undefined where repeating cannot help. */
const getRetryAfterMs = (error: unknown): number | undefined =>
  isGatewayError(error) && error.data.retryable ? (error.retryAfterMs ?? 0) : undefined
