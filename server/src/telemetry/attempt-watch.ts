/** How an attempt to reach Core ended: with the status of an answer, or without one. */
export type AttemptOutcome = number | 'timeout' | 'unreachable' | 'aborted' | 'too_large'

/** Told of every attempt of one call to Core, one after another. */
export interface AttemptWatch {
  /**
   * An attempt begins; returns the headers it carries beside those of the call.
   * @param under the id of another request, where the attempt is that one's and this one goes along: it counts there
   */
  begin(under?: string): Readonly<Record<string, string>>
  /** The attempt ended; once it has, nothing more is heard. */
  end(outcome: AttemptOutcome): void
}
