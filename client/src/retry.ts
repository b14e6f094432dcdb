import { isGatewayError } from './gateway-error.ts'
import { delay } from './timers.ts'

export interface Backoff {
  firstMs: number
  maxMs: number
}

/** Exponential backoff after consecutive failures, with a jitter between half and all of it. */
export function backoffMs(failures: number, { firstMs, maxMs }: Backoff, random: () => number = Math.random): number {
  const full = Math.min(maxMs, firstMs * 2 ** (failures - 1))
  return full * (0.5 + random() / 2)
}

const BACKOFF: Backoff = { firstMs: 250, maxMs: 4_000 }

/** The rate limit's window is a minute: a call that must wait longer fails immediately. */
const MAX_RETRY_AFTER_MS = 60_000

/** Retries retryable errors, not before `Retry-After`. @throws the last error, or the signal's reason. */
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
      const asked = getRetryDelayMs(error)
      if (failures > retries || asked === undefined || asked > MAX_RETRY_AFTER_MS) throw error
      await delay(Math.max(backoffMs(failures, BACKOFF), asked), signal)
    }
  }
}

/** Rejects immediately, even while other calls of the same batch continue. */
export function rejectOnAbort<Output>(call: Promise<Output>, signal: AbortSignal | undefined): Promise<Output> {
  if (!signal) return call
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort)
    call.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

const getRetryDelayMs = (error: unknown): number | undefined =>
  isGatewayError(error) && error.data.retryable ? (error.retryAfterMs ?? 0) : undefined
