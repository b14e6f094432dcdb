const MINUTE_MS = 60_000

/**
 * Whether a message with this key is due, at most once a minute each.
 * @param now milliseconds on a clock that is never set
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
