import type { Log } from '../telemetry/log.ts'

/** Why a token was rejected: an error code, and the claim that caused it. */
export interface TokenRejection {
  reason: string
  claim?: string
}

export const REJECTED = 'A bearer token is rejected'

const INTERVAL_MS = 10_000

/**
 * Logs why tokens are rejected: each reason once in ten seconds, with the number of lines omitted before.
 * @param now a monotonic clock, in milliseconds
 */
export function createRejectionLog(log: Log, now: () => number): (reason: TokenRejection) => void {
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
