import { type Backoff, backoffMs } from '../retry.ts'
import { type EntryKey, type Spool, type SpoolEntry, toEntryKey } from '../spool/spool.ts'
import { startTimer } from '../timers.ts'

const BACKOFF: Backoff = { firstMs: 1_000, maxMs: 60_000 }

/** After this many consecutive rejected events, a write skips the rest. */
const MAX_REFUSED_IN_A_ROW = 3

interface Refusals {
  events: SpoolEntry[]
  /** Sessions whose opening was rejected: without it, what follows could not be sent by another run. */
  sessions: Set<string>
  inARow: number
  error: unknown
}

/**
 * Writes pending events to the spool, one write at a time; events that arrive meanwhile share the next one. What the
 * spool rejects is retried with growing delays, and as soon as events are removed.
 */
export class SpoolWriter {
  readonly #spool: Spool
  readonly #onError: (error: unknown) => void
  /** By `toEntryKey`, like `#toRemove`. */
  #toAppend = new Map<string, SpoolEntry>()
  #toRemove = new Map<string, EntryKey>()
  #current: Promise<void> | undefined
  #next: Promise<void> | undefined
  #failures = 0
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor(spool: Spool, onError: (error: unknown) => void) {
    this.#spool = spool
    this.#onError = onError
  }

  add(event: SpoolEntry): void {
    this.#toAppend.set(toEntryKey(event), event)
    if (this.#retry === undefined) this.#writeSoon()
  }

  remove({ session, id }: EntryKey): void {
    const removed = { session, id }
    const key = toEntryKey(removed)
    // Never written, so there is nothing to remove.
    if (this.#toAppend.delete(key)) return
    this.#toRemove.set(key, removed)
    this.#writeSoon()
  }

  /** Resolves once all events added so far are stored or removed. @throws the spool's error; a retry follows. */
  async written(): Promise<void> {
    await (this.#toAppend.size > 0 ? this.#write() : this.#current)
  }

  /** Writes the rest and closes the spool. Returns the `toEntryKey`s of the events that it rejected. */
  async close(): Promise<ReadonlySet<string>> {
    await this.#write().catch(() => {})
    clearTimeout(this.#retry)
    try {
      await this.#spool.close()
    } catch (error) {
      this.#onError(error)
    }
    return new Set(this.#toAppend.keys())
  }

  #writeSoon(): void {
    if (!this.#next) this.#write().catch(() => {})
  }

  #write(): Promise<void> {
    this.#next ??= this.#writeAfterCurrent()
    return this.#next
  }

  async #writeAfterCurrent(): Promise<void> {
    await this.#current?.catch(() => {})
    const own = this.#next
    this.#current = own
    this.#next = undefined
    try {
      await this.#writeAll()
    } finally {
      if (this.#current === own) this.#current = undefined
    }
  }

  async #writeAll(): Promise<void> {
    clearTimeout(this.#retry)
    this.#retry = undefined
    // First, since it frees space.
    await this.#remove()
    const refusals = await this.#append()
    if (refusals.events.length === 0) {
      this.#failures = 0
      return
    }
    this.#failures++
    const again = () => {
      this.#retry = undefined
      this.#writeSoon()
    }
    this.#retry = startTimer(again, backoffMs(this.#failures, BACKOFF), true)
    this.#onError(refusals.error)
    throw refusals.error
  }

  async #append(): Promise<Refusals> {
    const refusals: Refusals = { events: [], sessions: new Set(), inARow: 0, error: undefined }
    const events = [...this.#toAppend.values()]
    this.#toAppend = new Map()
    await this.#appendInPieces(events, refusals)
    refusals.events = this.#withoutRemoved(refusals.events)
    this.#toAppend = new Map([
      ...refusals.events.map((event) => [toEntryKey(event), event] as const),
      ...this.#toAppend,
    ])
    return refusals
  }

  /** Halves what the spool rejects, so that a large event or a full disk does not affect events that fit. */
  async #appendInPieces(pieces: SpoolEntry[], refusals: Refusals): Promise<void> {
    const left = this.#withoutRemoved(pieces)
    const events = refusals.sessions.size === 0 ? left : left.filter(({ session }) => !refusals.sessions.has(session))
    refusals.events.push(...left.filter(({ session }) => refusals.sessions.has(session)))
    if (events.length === 0) return
    if (refusals.inARow === MAX_REFUSED_IN_A_ROW) {
      refusals.events.push(...events)
      return
    }
    try {
      await this.#spool.append(events)
      refusals.inARow = 0
    } catch (error) {
      refusals.error = error
      if (events.length === 1) {
        refusals.events.push(...events)
        refusals.inARow++
        for (const { kind, session } of events) if (kind === 'opening') refusals.sessions.add(session)
        return
      }
      const middle = Math.ceil(events.length / 2)
      await this.#appendInPieces(events.slice(0, middle), refusals)
      await this.#appendInPieces(events.slice(middle), refusals)
    }
  }

  #withoutRemoved(events: SpoolEntry[]): SpoolEntry[] {
    return this.#toRemove.size === 0 ? events : events.filter((event) => !this.#toRemove.has(toEntryKey(event)))
  }

  async #remove(): Promise<void> {
    const events = [...this.#toRemove.values()]
    if (events.length === 0) return
    this.#toRemove.clear()
    try {
      await this.#spool.remove(events)
    } catch (error) {
      // A later run sends the rest again, which Core reports as duplicates.
      this.#onError(error)
    }
  }
}
