/** A recorded event as it waits for Core: its id, and the exact JSON text that will be sent. */
export interface SpooledEvent {
  event_id: string
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
  /** Core has answered for these, or they were given up: they need not be kept. */
  remove(eventIds: readonly string[]): Promise<void>
  /** Lets go of everything; what is still kept is for another run to `recover`. */
  close(): Promise<void>
}
