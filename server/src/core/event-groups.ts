import { randomUUID } from 'node:crypto'
import { isPlainObject, MAX_BATCH_EVENTS } from '@achilles/mcp-contract'
import { bytesOf } from './bytes-of.ts'
import type { CoreAnswer, CoreCall, SendCall } from './core-call.ts'
import { refusesTheWhole } from './core-error.ts'
import type { Deadline } from './deadline.ts'
import { type BatchSizes, type EventGroup, isJoinable } from './event-group.ts'
import { groupDeadline } from './group-deadline.ts'
import { watchTogether } from './group-watch.ts'
import { Lane } from './lane.ts'
import { readAnswer } from './read-answer.ts'
import { WaitingBatch } from './waiting-batch.ts'

/** What groups of event batches need. */
export interface EventGroupsOptions {
  send: SendCall
  /** How many batches may wait; past them each goes out by itself. */
  maxWaiting: number
  /**
   * How long a batch waits at most for a call to end, in milliseconds.
   * @default 20
   */
  longestWaitMs?: number | undefined
  /**
   * How many calls of one caller must be under way for its further batches to wait.
   * @default 1
   */
  callsPerLane?: number | undefined
  /** Told once, when Core’s answer to a group could not be divided: from then on nothing is grouped. */
  onIndivisible: () => void
}

/** Headers that name one call alone; calls that differ in any other never share one. */
const ONE_CALLS_OWN = new Set(['x-request-id', 'idempotency-key', 'traceparent', 'tracestate'])

const LONGEST_WAIT_MS = 20

/** The sizes before Core has said any: nothing fits. */
const UNKNOWN: BatchSizes = { maxEvents: 0, maxBytes: 0 }

/**
 * Joins event batches that come while calls are under way into the next call. Only those of a lane share one: the same
 * caller with the same session token. Whoever comes while Core has time goes out at once and alone.
 */
export class EventGroups {
  readonly #options: EventGroupsOptions
  readonly #lanes = new Map<string, Lane>()
  #sizes = UNKNOWN
  #isOff = false

  constructor(options: EventGroupsOptions) {
    this.#options = options
  }

  /** Batches that wait for a call to join. */
  get waiting(): number {
    let waiting = 0
    for (const lane of this.#lanes.values()) waiting += lane.waiting
    return waiting
  }

  /** How large a group may be, as Core says; until it does nothing is grouped. */
  learnSizes({ maxEvents, maxBytes }: BatchSizes): void {
    // No batch holds more than the contract allows, whatever Core would like.
    if (!this.#isOff) this.#sizes = { maxEvents: Math.min(maxEvents, MAX_BATCH_EVENTS), maxBytes }
  }

  /** Makes a call that carries events, by itself or together with others. */
  call(call: CoreCall, deadline: Deadline): Promise<CoreAnswer> {
    const { maxEvents, maxBytes } = this.#sizes
    if (maxEvents === 0) return this.#alone(call, deadline)
    const lane = this.#laneOf(call)
    const mayWait = lane.isBusy && !deadline.signal.aborted && this.waiting < this.#options.maxWaiting
    if (!mayWait || !isBatchBelow(maxEvents, call.body)) return this.#alone(call, deadline, lane)
    const { events } = call.body
    const inBytes = Object.assign({}, call, { body: joinableBytesOf(call) })
    if (inBytes.body.length >= maxBytes) return this.#alone(inBytes, deadline, lane)
    const eventIds = events.map(({ event_id }) => event_id)
    const batch = new WaitingBatch(inBytes, eventIds, deadline)
    // Their caller holds them until it is answered, and each garbage collection would copy them.
    events.length = 0
    lane.wait(batch)
    return batch.answer
  }

  #laneOf({ method, path, headers }: CoreCall): Lane {
    const shared = Object.entries(headers).filter(([name]) => !ONE_CALLS_OWN.has(name))
    const key = JSON.stringify([method, path, shared])
    const known = this.#lanes.get(key)
    if (known) return known
    const lane: Lane = new Lane({
      calls: this.#options.callsPerLane ?? 1,
      longestWaitMs: this.#options.longestWaitMs ?? LONGEST_WAIT_MS,
      sizes: () => this.#sizes,
      depart: (group) => void this.#depart(group, lane),
      onIdle: () => this.#lanes.delete(key),
    })
    this.#lanes.set(key, lane)
    return lane
  }

  async #alone(call: CoreCall, deadline: Deadline, lane?: Lane): Promise<CoreAnswer> {
    const send = () => this.#options.send(call, deadline)
    return readAnswer(await (lane ? lane.run(send) : send()))
  }

  async #depart(group: EventGroup, lane: Lane): Promise<void> {
    const [first, ...others] = group.batches
    if (!first) return
    if (others.length === 0) return first.settle(this.#alone(first.call, first.deadline, lane))
    const batches = [first, ...others] as const
    const call: CoreCall = {
      ...first.call,
      body: group.join(),
      // A key of its own: a caller's must not stand for the events of others.
      headers: { ...first.call.headers, 'idempotency-key': randomUUID() },
      watch: watchTogether(batches),
    }
    try {
      const deadline = groupDeadline(batches.map((batch) => batch.deadline))
      if (group.divide(await lane.run(() => this.#options.send(call, deadline)))) return
      this.#switchOff()
    } catch (error) {
      if (!refusesTheWhole(error)) {
        for (const batch of batches) batch.fail(error)
        return
      }
    }
    this.#sendSingly(batches)
  }

  /** Each by itself, the ordinary way: those who are gone want no answer. */
  #sendSingly(batches: readonly WaitingBatch[]): void {
    for (const batch of batches) if (!batch.gone) batch.settle(this.#alone(batch.call, batch.deadline))
  }

  #switchOff(): void {
    if (this.#isOff) return
    this.#isOff = true
    this.#sizes = UNKNOWN
    this.#options.onIndivisible()
    for (const lane of this.#lanes.values()) this.#sendSingly(lane.release())
  }
}

/** Whether it is a batch to which another event could be added. */
function isBatchBelow(maxEvents: number, body: unknown): body is { events: { event_id: string }[] } {
  if (!isPlainObject(body) || !Array.isArray(body.events) || Object.keys(body).length !== 1) return false
  const { length } = body.events
  return length > 0 && length < maxEvents
}

/** A batch's bytes; written anew where its caller wrote it in a way that others cannot be joined to. */
function joinableBytesOf(call: CoreCall): Buffer {
  const bytes = bytesOf(call)
  return isJoinable(bytes) ? bytes : bytesOf({ body: call.body })
}
