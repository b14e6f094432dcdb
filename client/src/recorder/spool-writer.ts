import type { Spool, SpooledEvent } from '../spool/spool.ts'

/** Brings a spool up to what is pending, one write at a time; whatever comes meanwhile shares the next. */
export class SpoolWriter {
  readonly #spool: Spool
  readonly #onError: (error: unknown) => void
  #toAppend = new Map<string, SpooledEvent>()
  #toRemove = new Set<string>()
  #writing: Promise<void> | undefined

  constructor(spool: Spool, onError: (error: unknown) => void) {
    this.#spool = spool
    this.#onError = onError
  }

  add(event: SpooledEvent): void {
    this.#toAppend.set(event.event_id, event)
    this.#soon()
  }

  remove(eventId: string): void {
    // Never written: nothing to take away.
    if (this.#toAppend.delete(eventId)) return
    this.#toRemove.add(eventId)
    this.#soon()
  }

  /**
   * Resolves once everything added so far is in the spool, or need not be.
   * @throws what the spool threw; what it would not take is tried again with the next write.
   */
  async written(): Promise<void> {
    await (this.#toAppend.size > 0 ? this.#write() : this.#writing)
  }

  /** Waits for what is being written, and closes the spool. */
  async close(): Promise<void> {
    await this.written().catch(this.#onError)
    await this.#spool.close()
  }

  #soon(): void {
    if (this.#writing) return
    queueMicrotask(() => {
      if (!this.#writing) this.#write().catch(this.#onError)
    })
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined
    })
    return this.#writing
  }

  async #writeAll(): Promise<void> {
    while (this.#toAppend.size > 0 || this.#toRemove.size > 0) {
      await this.#append()
      await this.#remove()
    }
  }

  async #append(): Promise<void> {
    const events = this.#toAppend
    if (events.size === 0) return
    this.#toAppend = new Map()
    try {
      await this.#spool.append([...events.values()])
    } catch (error) {
      this.#toAppend = new Map([...events, ...this.#toAppend])
      throw error
    }
  }

  async #remove(): Promise<void> {
    const eventIds = [...this.#toRemove]
    if (eventIds.length === 0) return
    this.#toRemove.clear()
    // What stays is sent again by a later run, and is a duplicate there.
    await this.#spool.remove(eventIds).catch(this.#onError)
  }
}
