import { startTimer } from './start-timer.ts'

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

/** Resolves after `ms`, or at once when the signal is aborted; `unref` lets a Node process end meanwhile. */
export function pause(ms: number, signal?: AbortSignal, unref = false): Promise<void> {
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
