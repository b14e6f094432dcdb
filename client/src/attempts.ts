import { type Backoff, backoffMs, pause } from './backoff.ts'
import { isGatewayError } from './gateway-error.ts'

const BACKOFF: Backoff = { firstMs: 250, maxMs: 4_000 }

/** The rate is one a minute: what asks for more patience than that is not waited for. */
const MAX_RETRY_AFTER_MS = 60_000

/**
 * Makes a call, and up to `retries` times again while it fails retryably: after a growing, random wait that never
 * undercuts `Retry-After`.
 * @throws What the last attempt threw, or the signal's reason.
 */
export async function attempts<Output>(
  call: () => Promise<Output>,
  retries: number,
  signal: AbortSignal | undefined,
): Promise<Output> {
  for (let failures = 1; ; failures++) {
    signal?.throwIfAborted()
    try {
      return await orAborted(call(), signal)
    } catch (error) {
      signal?.throwIfAborted()
      const asked = retryAfterOf(error)
      if (failures > retries || asked === undefined || asked > MAX_RETRY_AFTER_MS) throw error
      await pause(Math.max(backoffMs(failures, BACKOFF), asked), signal)
    }
  }
}

/** Hangs up at once, also on a request that is shared with calls which nobody gave up. */
function orAborted<Output>(call: Promise<Output>, signal: AbortSignal | undefined): Promise<Output> {
  if (!signal) return call
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort)
    call.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Undefined where repeating cannot help. */
const retryAfterOf = (error: unknown): number | undefined =>
  isGatewayError(error) && error.data.retryable ? (error.retryAfterMs ?? 0) : undefined
