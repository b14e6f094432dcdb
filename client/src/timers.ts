import { localError } from './gateway-error.ts'

/** `setTimeout` turns anything longer, 25 days, into 1 ms. */
export const MAX_TIMER_MS = 2 ** 31 - 1

/** A timer that is bounded to `MAX_TIMER_MS`; `unref` lets a Node process end while it runs. */
export function startTimer(callback: () => void, ms: number, unref = false): ReturnType<typeof setTimeout> {
  const timer = setTimeout(callback, Math.min(Math.max(ms, 0), MAX_TIMER_MS))
  // A browser's timer is a number.
  if (unref) (timer as { unref?: () => void }).unref?.()
  return timer
}

/** Resolves after `ms`, or at once when the signal is aborted; `unref` lets a Node process end meanwhile. */
export function delay(ms: number, signal?: AbortSignal, unref = false): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = startTimer(end, ms, unref)
    signal?.addEventListener('abort', end)
  })
}

/**
 * Runs a task and aborts its signal after `ms`. `what` is the task in words.
 * @throws what the task throws, or a GatewayError `GATEWAY_TIMEOUT`.
 */
export async function withTimeout<Output>(
  what: string,
  ms: number,
  task: (signal: AbortSignal) => Promise<Output>,
): Promise<Output> {
  const late = new AbortController()
  const timer = startTimer(
    () => late.abort(localError('GATEWAY_TIMEOUT', `${what} was not done within ${Math.round(ms)} ms.`)),
    ms,
  )
  try {
    return await task(late.signal)
  } finally {
    clearTimeout(timer)
  }
}
