/** `setTimeout` turns anything longer, 25 days, into 1 ms. */
export const MAX_TIMER_MS = 2 ** 31 - 1

/** A timer that is bounded to `MAX_TIMER_MS`; `unref` lets a Node process end while it runs. */
export function startTimer(callback: () => void, ms: number, unref = false): ReturnType<typeof setTimeout> {
  const timer = setTimeout(callback, Math.min(Math.max(ms, 0), MAX_TIMER_MS))
  // A browser's timer is a number.
  if (unref) (timer as { unref?: () => void }).unref?.()
  return timer
}
