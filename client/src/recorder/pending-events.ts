import type { SpooledEvent } from '../spool/spool.ts'
import { utf8Length } from './utf8-length.ts'

/** An event on its way to Core. */
export interface PendingEvent extends SpooledEvent {
  /** Its place among all recorded; grows by one. */
  readonly order: number
  /** Length of its JSON in UTF-8. */
  readonly bytes: number
}

/** How much one batch may hold. */
export interface BatchLimits {
  maxEvents: number
  maxBytes: number
}

/** `{"json":{"events":[]}}`, which the client wraps a batch in. */
const ENVELOPE_BYTES = 23

/** The events that wait, in the order they were recorded in; none twice. */
export class PendingEvents {
  #waiting: PendingEvent[] = []
  #taken = new Set<PendingEvent>()
  #ids = new Set<string>()
  #bytes = 0
  #lastOrder = 0

  /** How many wait, those in a batch included. */
  get count(): number {
    return this.#waiting.length + this.#taken.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The place of the newest ever added. */
  get lastOrder(): number {
    return this.#lastOrder
  }

  /** The place of the oldest that still waits; infinite where none does. */
  get oldestOrder(): number {
    const [oldest = this.#waiting[0]] = this.#taken
    return oldest?.order ?? Number.POSITIVE_INFINITY
  }

  has(eventId: string): boolean {
    return this.#ids.has(eventId)
  }

  add({ event_id, json }: SpooledEvent): PendingEvent {
    // Not spread: what is added to a spread object costs it a hidden class of its own, a fifth of what an event takes.
    const pending = { event_id, json, order: ++this.#lastOrder, bytes: utf8Length(json) }
    this.#waiting.push(pending)
    this.#ids.add(pending.event_id)
    this.#bytes += pending.bytes
    return pending
  }

  /** Whether a batch would be full. */
  fills({ maxEvents, maxBytes }: BatchLimits): boolean {
    return this.#waiting.length >= maxEvents || this.#bytes >= maxBytes
  }

  /** Takes the oldest out, as many as one batch holds; one too large for any travels alone. */
  take({ maxEvents, maxBytes }: BatchLimits): PendingEvent[] {
    let bytes = ENVELOPE_BYTES
    let count = 0
    for (const event of this.#waiting) {
      bytes += event.bytes + ','.length
      if (count > 0 && (count === maxEvents || bytes > maxBytes)) break
      count++
    }
    const batch = this.#waiting.splice(0, count)
    this.#taken = new Set(batch)
    return batch
  }

  /** What was taken and is not settled waits again, before all others. */
  putBack(): void {
    this.#waiting.unshift(...this.#taken)
    this.#taken.clear()
  }

  /** Core has answered for one that was taken. */
  settle(event: PendingEvent): void {
    this.#taken.delete(event)
    this.#forget(event)
  }

  /** Takes out the oldest that is in no batch. */
  dropOldest(): PendingEvent | undefined {
    const dropped = this.#waiting.shift()
    if (dropped) this.#forget(dropped)
    return dropped
  }

  /** Takes out all of these that are in no batch, oldest first. */
  dropAll(isDropped: (event: PendingEvent) => boolean): PendingEvent[] {
    const dropped = this.#waiting.filter(isDropped)
    this.#waiting = this.#waiting.filter((event) => !isDropped(event))
    for (const event of dropped) this.#forget(event)
    return dropped
  }

  #forget({ event_id, bytes }: PendingEvent): void {
    this.#ids.delete(event_id)
    this.#bytes -= bytes
  }
}
