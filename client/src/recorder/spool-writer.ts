import { type Backoff, backoffMs } from '../retry.ts'
import { type EventIdentity, type Spool, type SpooledEvent, toEventKey } from '../spool/spool.ts'
import { startTimer } from '../timers.ts'

const BACKOFF: Backoff = { firstMs: 1_000, maxMs: 60_000 }

/** After so many single events in a row that the spool would not take, the others are not tried in this write. */
const MAX_REFUSED_IN_A_ROW = 3

/** What of one write the spool would not take, and why. */
interface Refusals {
  events: SpooledEvent[]
  inARow: number
  error: unknown
}

/**
 * Brings a spool up to what is pending, one write at a time; whatever comes meanwhile shares the next. What the spool would
 * not take is tried again by itself, ever more rarely, and as soon as something is removed.
 */
export class SpoolWriter {
  readonly #spool: Spool
  readonly #onError: (error: unknown) => void
  /** By `toEventKey`, as what is to be removed. */
  #toAppend = new Map<string, SpooledEvent>()
  #toRemove = new Map<string, EventIdentity>()
  /** The write under way. */
  #current: Promise<void> | undefined
  /** The write that begins once the current one is over. */
  #next: Promise<void> | undefined
  #failures = 0
  #retry: ReturnType<typeof setTimeout> | undefined

  /** `onError` is told of every fault of the spool. */
  constructor(spool: Spool, onError: (error: unknown) => void) {
    this.#spool = spool
    this.#onError = onError
  }

  add(event: SpooledEvent): void {
    this.#toAppend.set(toEventKey(event), event)
    if (this.#retry === undefined) this.#writeSoon()
  }

  remove({ session_id, event_id }: EventIdentity): void {
    const removed = { session_id, event_id }
    const key = toEventKey(removed)
    // Never written: nothing to take away.
    if (this.#toAppend.delete(key)) return
    this.#toRemove.set(key, removed)
    this.#writeSoon()
  }

  /**
   * Resolves once everything added so far is in the spool, or need not be.
   * @throws what the spool threw; what it would not take is tried again.
   */
  async written(): Promise<void> {
    await (this.#toAppend.size > 0 ? this.#write() : this.#current)
  }

  /** Writes what is left, and closes the spool. Returns the `toEventKey`s of the events that it would not take. */
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
    // First, since it makes room.
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
    const refusals: Refusals = { events: [], inARow: 0, error: undefined }
    const events = [...this.#toAppend.values()]
    this.#toAppend = new Map()
    await this.#appendInPieces(events, refusals)
    refusals.events = this.#withoutRemoved(refusals.events)
    this.#toAppend = new Map([
      ...refusals.events.map((event) => [toEventKey(event), event] as const),
      ...this.#toAppend,
    ])
    return refusals
  }

  /** All at once where the spool takes them, else in halves: neither a large event nor a full disk costs others their place. */
  async #appendInPieces(pieces: SpooledEvent[], refusals: Refusals): Promise<void> {
    const events = this.#withoutRemoved(pieces)
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
        return
      }
      const middle = Math.ceil(events.length / 2)
      await this.#appendInPieces(events.slice(0, middle), refusals)
      await this.#appendInPieces(events.slice(middle), refusals)
    }
  }

  /** Leaves out those that were settled meanwhile. */
  #withoutRemoved(events: SpooledEvent[]): SpooledEvent[] {
    return this.#toRemove.size === 0 ? events : events.filter((event) => !this.#toRemove.has(toEventKey(event)))
  }

  async #remove(): Promise<void> {
    const events = [...this.#toRemove.values()]
    if (events.length === 0) return
    this.#toRemove.clear()
    try {
      await this.#spool.remove(events)
    } catch (error) {
      // What stays is sent again by a later run, and is a duplicate there.
      this.#onError(error)
    }
  }
}
