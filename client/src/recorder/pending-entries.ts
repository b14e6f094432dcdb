import { type SpoolEntry, toEntryKey } from '../spool/spool.ts'

export interface PendingEntry extends SpoolEntry {
  /** The result of `toEntryKey`, stored because it is used several times. */
  readonly key: string
  /** Position among all recorded entries of the session. */
  readonly order: number
  /** Size of `json` in UTF-8. */
  readonly bytes: number
  /** When an isolated event is due, on the clock of `performance.now()`; 0 if it is not isolated. */
  retryAt: number
  /** Failures alone while other events succeeded. */
  failures: number
  /** Failures alone since another event last succeeded; an outage may be the reason. */
  unprovenFailures: number
}

/** The limits of a batch, as the handshake granted them. */
export interface BatchLimits {
  maxEvents: number
  maxBytes: number
}

/** `{"json":{"events":[]}}`, the client's envelope of a batch. */
const ENVELOPE_BYTES = 23
/** `"session_id":"",`, to which the id is added. */
const SESSION_MEMBER_BYTES = 16

/** If more events than this failed alone, one after another, an outage is likely. */
const MAX_SUSPECTS = 3

/** Unsettled events: waiting, taken for a batch, or isolated because they fail while others succeed. */
export class PendingEntries {
  #waiting: PendingEntry[] = []
  #taken = new Set<PendingEntry>()
  /** In the order of recording, like `#waiting`. */
  #isolated: PendingEntry[] = []
  #keys = new Set<string>()
  #bytes = 0
  #isolatedBytes = 0
  #lastOrder = 0

  get count(): number {
    return this.#waiting.length + this.#taken.size + this.#isolated.length
  }

  get bytes(): number {
    return this.#bytes
  }

  get waitingCount(): number {
    return this.#waiting.length
  }

  get lastOrder(): number {
    return this.#lastOrder
  }

  /** `Infinity` if all are settled. */
  get oldestOrder(): number {
    const [taken] = this.#taken
    return Math.min(getOrder(taken), getOrder(this.#waiting[0]), getOrder(this.#isolated[0]))
  }

  /** `Infinity` if none waits. */
  get oldestWaitingOrder(): number {
    return getOrder(this.#waiting[0])
  }

  get taken(): PendingEntry[] {
    return [...this.#taken]
  }

  /** Undefined if the entry is already pending. */
  add({ session, id, kind, json }: SpoolEntry): PendingEntry | undefined {
    const key = toEntryKey({ session, id })
    if (this.#keys.has(key)) return undefined
    // Not spread: adding to a spread object creates a hidden class per object, a fifth of an event's memory.
    const pending: PendingEntry = {
      key,
      session,
      id,
      kind,
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

  fills({ maxEvents, maxBytes }: BatchLimits): boolean {
    return this.#waiting.length >= maxEvents || this.#bytes - this.#isolatedBytes >= maxBytes
  }

  /**
   * Takes the oldest entry and, if it is an event, the events after it that fit into the same batch.
   * @param sessionId Core's, which each event gets when it is sent
   */
  take({ maxEvents, maxBytes }: BatchLimits, sessionId: string): PendingEntry[] {
    const memberBytes = SESSION_MEMBER_BYTES + utf8Length(sessionId) + ','.length
    let count = 0
    let bytes = ENVELOPE_BYTES
    for (const entry of this.#waiting) {
      bytes += entry.bytes + memberBytes
      const isFull = count === maxEvents || bytes > maxBytes || entry.kind !== 'event'
      if (count > 0 && isFull) break
      count++
      if (entry.kind !== 'event') break
    }
    const batch = this.#waiting.splice(0, count)
    this.#taken = new Set(batch)
    return batch
  }

  /** Takes the isolated event that has been due longest; undefined if none is due. */
  takeIsolated(now: number): PendingEntry | undefined {
    const next = this.#nextIsolated()
    if (!next || next.retryAt > now) return undefined
    this.#isolated = this.#isolated.filter((event) => event !== next)
    this.#isolatedBytes -= next.bytes
    this.#taken = new Set([next])
    return next
  }

  makeIsolatedDue(now: number): void {
    for (const event of this.#isolated) event.retryAt = Math.min(event.retryAt, now)
  }

  /** `Infinity` if none is isolated. */
  get nextRetryAt(): number {
    return this.#nextIsolated()?.retryAt ?? Number.POSITIVE_INFINITY
  }

  /** Returns the taken events to where they were. */
  putBack(): void {
    const { taken } = this
    this.#taken.clear()
    this.#waitAgain(taken.filter(({ retryAt }) => retryAt === 0))
    for (const event of taken) if (event.retryAt > 0) this.#insertIsolated(event)
  }

  isolate(event: PendingEntry, retryAt: number): void {
    this.#taken.delete(event)
    event.retryAt = retryAt
    event.unprovenFailures++
    this.#insertIsolated(event)
  }

  /** True if an isolated event may have failed only because of an outage. */
  get hasSuspects(): boolean {
    return this.#isolated.some(isSuspect)
  }

  /**
   * Call when another event succeeds: events that failed since then are at fault themselves. If many were isolated for
   * the first time, an outage is likelier: they wait again, and are isolated if they fail alone once more.
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

  settle(event: PendingEntry): void {
    this.#taken.delete(event)
    this.#forget(event)
  }

  /** Never drops an event of the batch in flight. */
  dropOldest(): PendingEntry | undefined {
    const isIsolated = getOrder(this.#isolated[0]) < this.oldestWaitingOrder
    const dropped = isIsolated ? this.#isolated.shift() : this.#waiting.shift()
    if (!dropped) return undefined
    if (isIsolated) this.#isolatedBytes -= dropped.bytes
    this.#forget(dropped)
    return dropped
  }

  /** Never drops events of the batch in flight. Returns the dropped events, oldest first. */
  dropAll(isDropped: (event: PendingEntry) => boolean): PendingEntry[] {
    const dropped = [...this.#waiting, ...this.#isolated].filter(isDropped).sort((a, b) => a.order - b.order)
    this.#waiting = this.#waiting.filter((event) => !isDropped(event))
    this.#isolated = this.#isolated.filter((event) => !isDropped(event))
    for (const event of dropped) {
      if (event.retryAt > 0) this.#isolatedBytes -= event.bytes
      this.#forget(event)
    }
    return dropped
  }

  #release(events: PendingEntry[]): void {
    const released = new Set(events)
    this.#isolated = this.#isolated.filter((event) => !released.has(event))
    for (const event of released) {
      event.retryAt = 0
      this.#isolatedBytes -= event.bytes
    }
    this.#waitAgain(events)
  }

  #waitAgain(events: PendingEntry[]): void {
    const last = events.at(-1)
    const isInOrder = !last || last.order < this.oldestWaitingOrder
    this.#waiting.unshift(...events)
    if (!isInOrder) this.#waiting.sort((a, b) => a.order - b.order)
  }

  #nextIsolated(): PendingEntry | undefined {
    let next = this.#isolated[0]
    for (const event of this.#isolated) if (next && event.retryAt < next.retryAt) next = event
    return next
  }

  #insertIsolated(event: PendingEntry): void {
    const place = this.#isolated.findIndex(({ order }) => order > event.order)
    this.#isolated.splice(place === -1 ? this.#isolated.length : place, 0, event)
    this.#isolatedBytes += event.bytes
  }

  #forget(event: PendingEntry): void {
    this.#keys.delete(event.key)
    this.#bytes -= event.bytes
  }
}

const getOrder = (event: PendingEntry | undefined): number => event?.order ?? Number.POSITIVE_INFINITY

const isSuspect = ({ failures }: PendingEntry): boolean => failures === 0

const encoder = new TextEncoder()
const scratch = new Uint8Array(8 * 1024)

/** Encodes into `scratch` if the text fits: allocating the bytes takes 30 times as long. */
export function utf8Length(text: string): number {
  const { read, written } = encoder.encodeInto(text, scratch)
  return read === text.length ? written : encoder.encode(text).length
}
