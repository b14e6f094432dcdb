/** How an attempt to reach Core ended: the response status, or why there was none. */
export type AttemptOutcome = number | 'timeout' | 'unreachable' | 'aborted' | 'too_large'

/** Notified of every attempt of one call to Core, in order. */
export interface AttemptObserver {
  /**
   * Starts an attempt; returns headers to add to those of the call.
   * @param leaderRequestId the request id of a merged call that this one is part of; the attempt is counted there
   */
  begin(leaderRequestId?: string): Readonly<Record<string, string>>
  /** Ends the attempt; later calls are ignored. */
  end(outcome: AttemptOutcome): void
}
