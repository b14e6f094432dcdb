const MINUTE_MS = 60_000

/**
 * Limits messages to one per key and minute.
 * @param now a monotonic clock, in milliseconds
 */
export function oncePerMinute(now: () => number = () => performance.now()): (key: string) => boolean {
  const last = new Map<string, number>()
  return function isDue(key) {
    const at = now()
    const before = last.get(key)
    if (before !== undefined && at - before < MINUTE_MS) return false
    last.set(key, at)
    return true
  }
}
