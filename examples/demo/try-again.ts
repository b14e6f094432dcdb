import { setTimeout } from 'node:timers/promises'

/** The wait before each further attempt, in milliseconds. */
const WAITS_MS = [250, 500, 1000, 2000]

type Sleep = (ms: number) => Promise<unknown>

/**
 * Makes a call, and again while it fails in a way that may pass: four further attempts, ever later, none before the
 * gateway's `Retry-After`.
 * @throws What the last attempt threw.
 */
export async function tryAgain<Answer>(
  call: (signal: AbortSignal) => Promise<Answer>,
  signal: AbortSignal,
  sleep: Sleep = (ms) => setTimeout(ms, undefined, { signal }),
): Promise<Answer> {
  for (const waitMs of WAITS_MS) {
    signal.throwIfAborted()
    try {
      return await call(signal)
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error
      await sleep(Math.max(waitMs, retryAfterMs(error)))
    }
  }
  return call(signal)
}

/** True where nothing that speaks HTTP answered. */
export function isNetworkFailure(error: unknown): error is Error & { cause: TypeError } {
  return error instanceof Error && error.cause instanceof TypeError
}

/** What the client adds to the errors it throws. */
interface CallFailure {
  data?: { retryable?: boolean } | null
  meta?: { response?: { headers?: Headers } }
}

const mayPass = (error: unknown) => isNetworkFailure(error) || (error as CallFailure)?.data?.retryable === true

function retryAfterMs(error: unknown): number {
  const seconds = Number((error as CallFailure)?.meta?.response?.headers?.get('retry-after'))
  return Number.isFinite(seconds) ? seconds * 1000 : 0
}
