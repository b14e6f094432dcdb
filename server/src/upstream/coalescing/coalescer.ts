import { randomUUID } from 'node:crypto'
import { isPlainObject, MAX_BATCH_EVENTS } from '@achilles/mcp-contract'
import type { AttemptObserver } from '../../telemetry/telemetry.ts'
import type { Deadline } from '../deadline.ts'
import { encodeBody } from '../encode-body.ts'
import { parseResponse, rejectsWholeBatch } from '../errors.ts'
import type { CoreCall, CoreResponse, SendCall } from '../types.ts'
import { type BatchSizes, canMerge, type MergedBatch } from './merged-batch.ts'
import { CoalescingQueue } from './queue.ts'
import { WaitingBatch } from './waiting-batch.ts'

export interface CoalescerOptions {
  send: SendCall
  /** The most batches that may wait; further ones are sent unmerged. */
  maxWaiting: number
  /** The longest time that a batch waits for an in-flight request to end, in milliseconds. @default 20 */
  longestWaitMs?: number | undefined
  /** The in-flight requests of one caller from which on its further batches wait. @default 1 */
  inFlightBeforeWaiting?: number | undefined
  /** Called once, when Core’s response to a merged batch cannot be split; from then on nothing is merged. */
  onIndivisible: () => void
}

/** Headers that may differ between merged calls. Calls that differ in any other header are never merged. */
const PER_CALL_HEADERS = new Set(['x-request-id', 'idempotency-key', 'traceparent', 'tracestate'])

const LONGEST_WAIT_MS = 20

/** The sizes before the first handshake: nothing is merged. */
const UNKNOWN: BatchSizes = { maxEvents: 0, maxBytes: 0 }

/**
 * Wraps a `send` so that event batches which arrive while requests of the same caller and session token are in flight are
 * merged into the next one. A batch that arrives while none is in flight is sent immediately, on its own.
 */
export class Coalescer {
  readonly #options: CoalescerOptions
  readonly #queues = new Map<string, CoalescingQueue>()
  #sizes = UNKNOWN
  #isOff = false

  constructor(options: CoalescerOptions) {
    this.#options = options
  }

  get waiting(): number {
    let waiting = 0
    for (const queue of this.#queues.values()) waiting += queue.waiting
    return waiting
  }

  /** Sets the size limits of merged batches, from Core's handshake. */
  learnSizes({ maxEvents, maxBytes }: BatchSizes): void {
    // The contract's limit holds even if Core prefers larger batches.
    if (!this.#isOff) this.#sizes = { maxEvents: Math.min(maxEvents, MAX_BATCH_EVENTS), maxBytes }
  }

  send(call: CoreCall, deadline: Deadline): Promise<CoreResponse> {
    const { maxEvents, maxBytes } = this.#sizes
    if (maxEvents === 0) return this.#sendUnmerged(call, deadline)
    const queue = this.#getQueue(call)
    const mayWait = queue.isBusy && !deadline.signal.aborted && this.waiting < this.#options.maxWaiting
    if (!mayWait || !isBatchBelow(maxEvents, call.body)) return this.#sendUnmerged(call, deadline, queue)
    const { events } = call.body
    const encoded = { ...call, body: encodeMergeable(call) }
    if (encoded.body.length >= maxBytes) return this.#sendUnmerged(encoded, deadline, queue)
    const eventIds = events.map(({ event_id }) => event_id)
    const batch = new WaitingBatch(encoded, eventIds, deadline)
    queue.add(batch)
    return batch.response
  }

  #getQueue({ method, path, headers }: CoreCall): CoalescingQueue {
    const shared = Object.entries(headers).filter(([name]) => !PER_CALL_HEADERS.has(name))
    const key = JSON.stringify([method, path, shared])
    const known = this.#queues.get(key)
    if (known) return known
    const queue: CoalescingQueue = new CoalescingQueue({
      inFlightBeforeWaiting: this.#options.inFlightBeforeWaiting ?? 1,
      longestWaitMs: this.#options.longestWaitMs ?? LONGEST_WAIT_MS,
      sizes: () => this.#sizes,
      flush: (merged) => void this.#flush(merged, queue),
      onIdle: () => this.#queues.delete(key),
    })
    this.#queues.set(key, queue)
    return queue
  }

  async #sendUnmerged(call: CoreCall, deadline: Deadline, queue?: CoalescingQueue): Promise<CoreResponse> {
    const send = () => this.#options.send(call, deadline)
    return parseResponse(await (queue ? queue.run(send) : send()))
  }

  async #flush(merged: MergedBatch, queue: CoalescingQueue): Promise<void> {
    const [first, ...others] = merged.batches
    if (!first) return
    if (others.length === 0) return first.settle(this.#sendUnmerged(first.call, first.deadline, queue))
    const batches = [first, ...others] as const
    const call: CoreCall = {
      ...first.call,
      body: merged.encode(),
      // A new key, because a caller's key must not stand for the events of others.
      headers: { ...first.call.headers, 'idempotency-key': randomUUID() },
      watch: fanOut(batches),
    }
    try {
      const deadline = mergeDeadlines(batches.map((batch) => batch.deadline))
      if (merged.split(await queue.run(() => this.#options.send(call, deadline)))) return
      this.#switchOff()
    } catch (error) {
      if (!rejectsWholeBatch(error)) {
        for (const batch of batches) batch.fail(error)
        return
      }
    }
    this.#sendEach(batches)
  }

  /** Sends each batch unmerged, except those whose callers no longer wait. */
  #sendEach(batches: readonly WaitingBatch[]): void {
    for (const batch of batches) if (!batch.abandoned) batch.settle(this.#sendUnmerged(batch.call, batch.deadline))
  }

  #switchOff(): void {
    if (this.#isOff) return
    this.#isOff = true
    this.#sizes = UNKNOWN
    this.#options.onIndivisible()
    for (const queue of this.#queues.values()) this.#sendEach(queue.release())
  }
}

/** Whether a body is exactly an event batch with room for at least one more event. */
function isBatchBelow(maxEvents: number, body: unknown): body is { events: { event_id: string }[] } {
  if (!isPlainObject(body) || !Array.isArray(body.events) || Object.keys(body).length !== 1) return false
  const { length } = body.events
  return length > 0 && length < maxEvents
}

/** The body's bytes in a form that `canMerge` accepts; encoded again if the caller's text is not. */
function encodeMergeable(call: CoreCall): Buffer {
  const bytes = encodeBody(call)
  return canMerge(bytes) ? bytes : encodeBody({ body: call.body })
}

/** The deadline of a merged call: the latest of its callers' deadlines, aborted only when all of them have ended. */
export function mergeDeadlines(deadlines: readonly Deadline[]): Deadline {
  const controller = new AbortController()
  const { signal } = controller
  let remaining = deadlines.length
  const onMemberEnd = () => {
    remaining--
    if (remaining === 0) controller.abort()
  }
  for (const { signal: member } of deadlines) {
    if (member.aborted) onMemberEnd()
    else member.addEventListener('abort', onMemberEnd)
  }
  return {
    signal,
    at: Math.max(...deadlines.map(({ at }) => at)),
    // One caller that waited until its deadline shows that Core was slow, even if the others disconnected.
    get passed() {
      return signal.aborted && deadlines.some(({ passed }) => passed)
    },
    get disconnected() {
      return signal.aborted && !this.passed
    },
  }
}

/**
 * Reports the attempts of a merged call to the observers of all its batches. The call has the request id of the first
 * batch and always counts for it; the others are notified as long as their callers wait.
 */
function fanOut([first, ...others]: readonly [WaitingBatch, ...WaitingBatch[]]): AttemptObserver {
  const { watch, headers } = first.call
  let notified: AttemptObserver[] = []
  return {
    begin() {
      const merged = others.filter(({ abandoned }) => !abandoned).map(({ call }) => call.watch)
      notified = [watch, ...merged]
      for (const observer of merged) observer.begin(headers['x-request-id'])
      return watch.begin()
    },
    end(outcome) {
      for (const observer of notified) observer.end(outcome)
      notified = []
    },
  }
}
