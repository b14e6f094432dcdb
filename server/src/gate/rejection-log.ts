import type { Log } from '../telemetry/log.ts'

/** Why a token was rejected, in words of a known set. */
export interface RejectionReason {
  reason: string
  claim?: string
}

/** The message of every line about a rejected token. */
export const REJECTED = 'A bearer token is rejected'

const INTERVAL_MS = 10_000

/**
 * Logs why tokens are rejected: each reason once in ten seconds, with how many lines of it were left out before.
 * @param now a monotonic clock, in milliseconds
 */
export function createRejectionLog(log: Log, now: () => number): (reason: RejectionReason) => void {
  const logged = new Map<string, { at: number; omitted: number }>()

  return (reason) => {
    const key = `${reason.reason} ${reason.claim ?? ''}`
    const last = logged.get(key)
    if (last && now() - last.at < INTERVAL_MS) {
      last.omitted++
      return
    }
    logged.set(key, { at: now(), omitted: 0 })
    log.info({ ...reason, ...(last?.omitted && { omitted: last.omitted }) }, REJECTED)
  }
}
