import { type EventIdentity, type SpooledEvent, toEventKey } from '../spool/spool.ts'

/** An event on its way to Core. */
export interface PendingEvent extends SpooledEvent {
  /** Its key (`toEventKey`), made once: on the way of every event. */
  readonly key: string
  /** Its place among all recorded; grows by one. */
  readonly order: number
  /** Length of its JSON in UTF-8. */
  readonly bytes: number
  /** Where it is isolated, when it is to be sent again, on the clock of `performance.now()`; otherwise 0. */
  retryAt: number
  /** How often it failed alone while other events passed. */
  failures: number
  /** How often it failed alone since any other event passed: it may have been an outage. */
  unprovenFailures: number
}

/** How much one batch may hold. */
export interface BatchLimits {
  maxEvents: number
  maxBytes: number
}

/** `{"json":{"events":[]}}`, which the client wraps a batch in. */
const ENVELOPE_BYTES = 23

/** More events than these that failed alone, one after the other, are a sign of an outage. */
const MAX_SUSPECTS = 3

/**
 * The events that are not settled, none twice: they wait in the order they were recorded in, are taken for a batch, or
 * are isolated because they fail where others pass.
 */
export class PendingEvents {
  #waiting: PendingEvent[] = []
  #taken = new Set<PendingEvent>()
  /** In the order they were recorded in, as those that wait. */
  #isolated: PendingEvent[] = []
  #keys = new Set<string>()
  #bytes = 0
  #isolatedBytes = 0
  #lastOrder = 0

  /** How many are not settled. */
  get count(): number {
    return this.#waiting.length + this.#taken.size + this.#isolated.length
  }

  get bytes(): number {
    return this.#bytes
  }

  get waitingCount(): number {
    return this.#waiting.length
  }

  /** The place of the newest ever added. */
  get lastOrder(): number {
    return this.#lastOrder
  }

  /** The place of the oldest that is not settled; infinite where all are. */
  get oldestOrder(): number {
    const [taken] = this.#taken
    return Math.min(getOrder(taken), getOrder(this.#waiting[0]), getOrder(this.#isolated[0]))
  }

  /** The place of the oldest that waits; infinite where none does. */
  get oldestWaitingOrder(): number {
    return getOrder(this.#waiting[0])
  }

  /** What was taken and is not settled yet. */
  get taken(): PendingEvent[] {
    return [...this.#taken]
  }

  has(event: EventIdentity): boolean {
    return this.#keys.has(toEventKey(event))
  }

  /** Undefined where the event is pending already. */
  add({ session_id, event_id, json }: SpooledEvent): PendingEvent | undefined {
    const key = toEventKey({ session_id, event_id })
    if (this.#keys.has(key)) return undefined
    // Not spread: what is added to a spread object costs it a hidden class of its own, a fifth of what an event takes.
    const pending: PendingEvent = {
      key,
      session_id,
      event_id,
      json,
      order: ++this.#lastOrder,
      bytes: utf8Length(json),
      retryAt: 0,
      failures: 0,
      unprovenFailures: 0,
    }
    this.#waiting.push(pending)
    this.#keys.add(key)
    this.#bytes += pending.bytes
    return pending
  }

  /** Whether a batch would be full. */
  fills({ maxEvents, maxBytes }: BatchLimits): boolean {
    return this.#waiting.length >= maxEvents || this.#bytes - this.#isolatedBytes >= maxBytes
  }

  /**
   * Takes the oldest out, as many as one batch holds; one too large for any travels alone. A batch ends before an
   * `event_id` that it holds already, of another session: the contract rejects it whole otherwise.
   */
  take({ maxEvents, maxBytes }: BatchLimits): PendingEvent[] {
    let bytes = ENVELOPE_BYTES
    const ids = new Set<string>()
    for (const { event_id, bytes: eventBytes } of this.#waiting) {
      bytes += eventBytes + ','.length
      if (ids.size > 0 && (ids.size === maxEvents || bytes > maxBytes || ids.has(event_id))) break
      ids.add(event_id)
    }
    const batch = this.#waiting.splice(0, ids.size)
    this.#taken = new Set(batch)
    return batch
  }

  /** Takes the isolated event that is due for the longest; undefined where none is due. */
  takeIsolated(now: number): PendingEvent | undefined {
    const next = this.#nextIsolated()
    if (!next || next.retryAt > now) return undefined
    this.#isolated = this.#isolated.filter((event) => event !== next)
    this.#isolatedBytes -= next.bytes
    this.#taken = new Set([next])
    return next
  }

  /** When an isolated event is due next; infinite where there is none. */
  get nextRetryAt(): number {
    return this.#nextIsolated()?.retryAt ?? Number.POSITIVE_INFINITY
  }

  /** What was taken and is not settled is as it was before. */
  putBack(): void {
    const { taken } = this
    this.#taken.clear()
    this.#waitAgain(taken.filter(({ retryAt }) => retryAt === 0))
    for (const event of taken) if (event.retryAt > 0) this.#insertIsolated(event)
  }

  /** Keeps one that was taken apart from the others, until it is due. */
  isolate(event: PendingEvent, retryAt: number): void {
    this.#taken.delete(event)
    event.retryAt = retryAt
    event.unprovenFailures++
    this.#insertIsolated(event)
  }

  /** Whether an isolated event may be so because of an outage: none has passed since it failed for the first time. */
  get hasSuspects(): boolean {
    return this.#isolated.some(isSuspect)
  }

  /**
   * Another event passed, so that those which failed since were the reason themselves. Where many were isolated for the
   * first time it rather was an outage: they wait again, in their places, and stay isolated if they fail alone once more.
   */
  prove(retryAt: (failures: number) => number): void {
    const suspects = this.#isolated.filter(isSuspect)
    for (const event of this.#isolated) {
      if (event.unprovenFailures === 0) continue
      event.failures++
      event.unprovenFailures = 0
      event.retryAt = Math.min(event.retryAt, retryAt(event.failures))
    }
    if (suspects.length > MAX_SUSPECTS) this.#release(suspects)
  }

  /** One that was taken is over and done with. */
  settle(event: PendingEvent): void {
    this.#taken.delete(event)
    this.#forget(event)
  }

  /** Takes out the oldest that is in no batch. */
  dropOldest(): PendingEvent | undefined {
    const isIsolated = getOrder(this.#isolated[0]) < this.oldestWaitingOrder
    const dropped = isIsolated ? this.#isolated.shift() : this.#waiting.shift()
    if (!dropped) return undefined
    if (isIsolated) this.#isolatedBytes -= dropped.bytes
    this.#forget(dropped)
    return dropped
  }

  /** Takes out all of these that are in no batch, oldest first. */
  dropAll(isDropped: (event: PendingEvent) => boolean): PendingEvent[] {
    const dropped = [...this.#waiting, ...this.#isolated].filter(isDropped).sort((a, b) => a.order - b.order)
    this.#waiting = this.#waiting.filter((event) => !isDropped(event))
    this.#isolated = this.#isolated.filter((event) => !isDropped(event))
    for (const event of dropped) {
      if (event.retryAt > 0) this.#isolatedBytes -= event.bytes
      this.#forget(event)
    }
    return dropped
  }

  #release(events: PendingEvent[]): void {
    const released = new Set(events)
    this.#isolated = this.#isolated.filter((event) => !released.has(event))
    for (const event of released) {
      event.retryAt = 0
      this.#isolatedBytes -= event.bytes
    }
    this.#waitAgain(events)
  }

  #waitAgain(events: PendingEvent[]): void {
    const last = events.at(-1)
    const isInOrder = !last || last.order < this.oldestWaitingOrder
    this.#waiting.unshift(...events)
    if (!isInOrder) this.#waiting.sort((a, b) => a.order - b.order)
  }

  #nextIsolated(): PendingEvent | undefined {
    let next = this.#isolated[0]
    for (const event of this.#isolated) if (next && event.retryAt < next.retryAt) next = event
    return next
  }

  #insertIsolated(event: PendingEvent): void {
    const place = this.#isolated.findIndex(({ order }) => order > event.order)
    this.#isolated.splice(place === -1 ? this.#isolated.length : place, 0, event)
    this.#isolatedBytes += event.bytes
  }

  #forget(event: PendingEvent): void {
    this.#keys.delete(event.key)
    this.#bytes -= event.bytes
  }
}

const getOrder = (event: PendingEvent | undefined): number => event?.order ?? Number.POSITIVE_INFINITY

const isSuspect = ({ failures }: PendingEvent): boolean => failures === 0

const encoder = new TextEncoder()
const scratch = new Uint8Array(8 * 1024)

/** How many bytes a text has in UTF-8. They are made only where it is too long for `scratch`: that takes 30 times as long. */
export function utf8Length(text: string): number {
  const { read, written } = encoder.encodeInto(text, scratch)
  return read === text.length ? written : encoder.encode(text).length
}
