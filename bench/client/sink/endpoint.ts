/** What a server says to a request of one of the recorders. */
export interface Endpoint {
  /** The `payload.sequence` of each event that the body brings. */
  sequencesIn(body: unknown): number[]
  answerTo(body: unknown): unknown
}
