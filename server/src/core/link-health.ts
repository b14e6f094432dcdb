/** What the link to Core tells of itself. */
export interface LinkHealth {
  /** True while calls are refused because Core fails. */
  readonly degraded: boolean
  /** Calls under way to Core, and calls that wait for a place among them. */
  readonly callsInFlight: number
  readonly callsQueued: number
  /** Event batches that wait for a call to end, to go out with others. */
  readonly callsJoining: number
  /** When an event batch last failed to reach Core, as an ISO string. */
  readonly lastIngestErrorAt: string | null
}
