/** Identifies an event: an `event_id` is unique only within its session. */
export interface EventIdentity {
  session_id: string
  event_id: string
}

/** A recorded event that waits for Core: its identity, and the exact JSON text to send. */
export interface SpooledEvent extends EventIdentity {
  json: string
}

/**
 * Stores recorded events until Core accepts or rejects them. Sending an event twice is safe, losing one is not: when in
 * doubt, a spool returns an event again.
 */
export interface Spool {
  /** Whether events outlive the process. If not, events that are left at the end are lost. */
  readonly durable: boolean
  /**
   * Returns events of a run that has ended, oldest first; they belong to this run from then on. Each call takes over
   * one such run; an empty list means that there is none left. Never returns events of a run that is still alive.
   */
  recover(): Promise<SpooledEvent[]>
  /**
   * Resolves once the events would survive the end of this process.
   * @throws Error if they cannot be stored; then none of them is.
   */
  append(events: readonly SpooledEvent[]): Promise<void>
  /**
   * Removes events that Core accepted or rejected, or that were dropped. Events of other sessions with the same
   * `event_id` must stay.
   */
  remove(events: readonly EventIdentity[]): Promise<void>
  /** Releases everything; another run can `recover` the remaining events. */
  close(): Promise<void>
}

/** Unambiguous, since ids contain no line break. */
export const toEventKey = ({ session_id, event_id }: EventIdentity): string => `${session_id}\n${event_id}`

/** For events that earlier versions stored without a session. Empty if `json` cannot be read. */
export function readSessionId(json: string): string {
  try {
    const { session_id } = JSON.parse(json) as { session_id?: unknown }
    return typeof session_id === 'string' ? session_id : ''
  } catch {
    return ''
  }
}
