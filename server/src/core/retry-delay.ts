/** What decides how long to wait before the next attempt; times in milliseconds. */
export interface RetrySituation {
  /** Attempts made so far, at least 1. */
  attempt: number
  /** What Core asked for in `Retry-After`; anything but a positive number counts as nothing. */
  retryAfterMs: number | undefined
  /** What is left until the deadline. */
  remainingMs: number
  random: () => number
}

const FIRST_BACKOFF_MS = 200
const LONGEST_BACKOFF_MS = 5_000

/**
 * Milliseconds until the next attempt, or 0 where there is to be none because the wait would not fit the deadline.
 * Exponential backoff with full jitter; Core's `Retry-After` is never undercut.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function retryDelay({ attempt, retryAfterMs, remainingMs, random }: RetrySituation): number {
  const backoff = random() * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1))
  const asked = retryAfterMs !== undefined && retryAfterMs > 0 ? retryAfterMs : 0
  const delay = Math.max(1, Math.ceil(asked + backoff))
  return delay < remainingMs ? delay : 0
}
