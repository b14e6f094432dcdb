export interface Endpoint {
  /** The `payload.sequence` of each event in the body. */
  getSequences(body: unknown): number[]
  respond(body: unknown): unknown
}
