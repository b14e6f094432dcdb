/** Everything of a session that must reach Core; `end` is also written when a session is closed without an end. */
export type EntryKind = 'opening' | 'event' | 'snapshot' | 'performance' | 'end'

/** Identifies an entry: an `id` is unique only within its `session`, a reference that the client made up. */
export interface EntryKey {
  session: string
  id: string
}

/** An entry of a session that Core has not accepted yet. */
export interface SpoolEntry extends EntryKey {
  kind: EntryKind
  /** A JSON object, exactly as it will be sent except for the id of Core's session. */
  json: string
}

/**
 * Where entries are stored until Core accepts or rejects them. Sending an entry twice is safe, losing one is not: in doubt
 * a spool returns an entry again.
 */
export interface Spool {
  /** Whether entries outlive the process; without that, what is stored at the end is lost. */
  readonly durable: boolean
  /** True if `recover` cannot tell whether a run is alive: its sessions are then not set to `abandoned`. */
  readonly recoversLiving?: boolean
  /**
   * Returns the entries of a run that has ended, oldest first, and stores them from now on as its own. Each call takes
   * over one such run; an empty list means that there is none left. Never returns entries of a living run. An `opening`
   * may be returned more than once.
   */
  recover(): Promise<SpoolEntry[]>
  /**
   * Resolves once the entries would survive the end of this process.
   * @throws Error if they cannot be stored; then none of them is.
   */
  append(entries: readonly SpoolEntry[]): Promise<void>
  /** Core has accepted or rejected these entries, or they were dropped: they need not be stored. */
  remove(entries: readonly EntryKey[]): Promise<void>
  /** Releases everything; what is still stored is for another run to `recover`. */
  close(): Promise<void>
}

/** One string for an entry's identity; no id contains a line break. */
export const toEntryKey = ({ session, id }: EntryKey): string => `${session}\n${id}`

/** Reads what version 0.1.0 stored: only events, with the id of Core's session or, earlier, without. */
export function toFormerEntry({ session_id, event_id, json }: Record<string, unknown>): SpoolEntry | undefined {
  if (typeof event_id !== 'string' || typeof json !== 'string') return undefined
  return {
    session: typeof session_id === 'string' ? session_id : readSessionId(json),
    id: event_id,
    kind: 'event',
    json,
  }
}

/** Empty if it cannot be read. */
function readSessionId(json: string): string {
  try {
    const { session_id } = JSON.parse(json) as { session_id?: unknown }
    return typeof session_id === 'string' ? session_id : ''
  } catch {
    return ''
  }
}
