/** What an event is known by: an `event_id` is unique within its session alone. */
export interface EventIdentity {
  session_id: string
  event_id: string
}

/** A recorded event as it waits for Core: what it is known by, and the exact JSON text that will be sent. */
export interface SpooledEvent extends EventIdentity {
  json: string
}

/**
 * Where recorded events are kept until Core has answered for them. Sending an event twice is safe, losing one is not: in
 * doubt a spool gives an event again.
 */
export interface Spool {
  /** Whether events outlive the process; what a spool that is not durable holds at the end is lost. */
  readonly durable: boolean
  /**
   * Events left behind by a run that has ended, oldest first, from now on kept by this one. Each call takes over one such
   * run; an empty answer says that there is none left. What a run that is still alive keeps is never given.
   */
  recover(): Promise<SpooledEvent[]>
  /**
   * Resolves once the events would survive the end of this process.
   * @throws Error when they cannot be kept; then none of them is.
   */
  append(events: readonly SpooledEvent[]): Promise<void>
  /**
   * Core has answered for these, or they were given up: they need not be kept. Those of other sessions with the same
   * `event_id` still must be.
   */
  remove(events: readonly EventIdentity[]): Promise<void>
  /** Lets go of everything; what is still kept is for another run to `recover`. */
  close(): Promise<void>
}

/** One string for what an event is known by; a line break stands in no id. */
export const toEventKey = ({ session_id, event_id }: EventIdentity): string => `${session_id}\n${event_id}`

/**
 * The session of an event that was stored without: earlier versions kept `event_id` and `json` alone. Empty where it
 * cannot be read.
 */
export function readSessionId(json: string): string {
  try {
    const { session_id } = JSON.parse(json) as { session_id?: unknown }
    return typeof session_id === 'string' ? session_id : ''
  } catch {
    return ''
  }
}
