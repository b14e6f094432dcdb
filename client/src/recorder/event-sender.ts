import type { EventBatchResponse, MCPEvent } from '@achilles/mcp-contract'
import { type Backoff, backoffMs, pause } from '../backoff.ts'
import { isGatewayError, localError } from '../gateway-error.ts'
import { deliver } from './deliver.ts'
import type { BatchLimits, PendingEvent, PendingEvents } from './pending-events.ts'
import type { Verdict } from './verdict.ts'

/** Sends one batch, once. */
export type SendBatch = (events: MCPEvent[], signal: AbortSignal) => Promise<EventBatchResponse>

/** What an `EventSender` is given. */
export interface SenderOptions {
  send: SendBatch
  limits: BatchLimits
  flushIntervalMs: number
  onVerdict: (event: PendingEvent, verdict: Verdict) => void
  /** Told of every attempt that will be repeated. */
  onError: (error: unknown) => void
  /** Told whenever nothing waits any more. */
  onIdle: () => void
}

const BACKOFF: Backoff = { firstMs: 1_000, maxMs: 15_000 }

interface Flush {
  /** Over once nothing at or before this place waits. */
  order: number
  resolve: () => void
  reject: (reason: unknown) => void
}

/** Sends what is pending: a full batch at once, others when they are due, never two at a time. */
export class EventSender {
  readonly #pending: PendingEvents
  readonly #options: SenderOptions
  readonly #stopped = new AbortController()
  #limits: BatchLimits
  #halvedUpTo = 0
  #flushes: Flush[] = []
  /** Everything up to this place is due. */
  #dueOrder = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #sending: Promise<void> | undefined

  constructor(pending: PendingEvents, options: SenderOptions) {
    this.#pending = pending
    this.#options = options
    this.#limits = options.limits
  }

  /** Something was added: it is sent at once where it fills a batch, else after the interval. */
  wake(): void {
    if (this.#stopped.signal.aborted || this.#pending.count === 0) return
    this.#timer ??= setTimeout(() => this.#makeAllDue(), this.#options.flushIntervalMs)
    if (this.#isDue()) this.#start()
  }

  /**
   * Resolves once everything added so far is settled.
   * @throws the signal’s reason, or that sending has stopped.
   */
  flush(signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = withResolvers()
    const flush: Flush = { order: this.#pending.lastOrder, resolve, reject }
    const abort = () => {
      this.#flushes = this.#flushes.filter((other) => other !== flush)
      reject(signal?.reason)
    }
    this.#flushes.push(flush)
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    else if (this.#stopped.signal.aborted) this.#rejectFlushes()
    else this.#makeAllDue()
    this.#endFlushes()
    return promise.finally(() => signal?.removeEventListener('abort', abort))
  }

  /** Hangs up on what is being sent; it and all else wait on. */
  async stop(): Promise<void> {
    this.#stopTimer()
    this.#stopped.abort()
    await this.#sending
    this.#endFlushes()
    this.#rejectFlushes()
  }

  #isDue(): boolean {
    return this.#pending.oldestOrder <= this.#dueOrder || this.#pending.fills(this.#limits)
  }

  #makeAllDue(): void {
    this.#stopTimer()
    this.#dueOrder = this.#pending.lastOrder
    if (this.#pending.count > 0) this.#start()
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #start(): void {
    this.#sending ??= this.#sendDue().finally(() => {
      this.#sending = undefined
      if (this.#pending.count > 0) return this.wake()
      this.#stopTimer()
      this.#options.onIdle()
    })
  }

  async #sendDue(): Promise<void> {
    const { signal } = this.#stopped
    // What is recorded in this very tick still joins the batch.
    await Promise.resolve()
    let failures = 0
    while (!signal.aborted && this.#isDue()) {
      try {
        await deliver(this.#pending.take(this.#limits), {
          send: (events) => this.#options.send(events, signal),
          settle: (event, verdict) => this.#settle(event, verdict),
          tooLarge: (batch) => this.#halve(batch),
        })
        this.#pending.putBack()
        if (this.#pending.oldestOrder > this.#halvedUpTo) this.#limits = this.#options.limits
        failures = 0
      } catch (error) {
        this.#pending.putBack()
        if (signal.aborted) return
        failures++
        this.#options.onError(error)
        const asked = isGatewayError(error) ? (error.retryAfterMs ?? 0) : 0
        await pause(Math.max(asked, backoffMs(failures, BACKOFF)), signal)
      }
    }
  }

  /** Until what was in this batch is settled. */
  #halve(batch: readonly PendingEvent[]): void {
    this.#limits = { ...this.#limits, maxEvents: Math.ceil(batch.length / 2) }
    this.#halvedUpTo = Math.max(this.#halvedUpTo, ...batch.map(({ order }) => order))
  }

  #settle(event: PendingEvent, verdict: Verdict): void {
    this.#pending.settle(event)
    this.#options.onVerdict(event, verdict)
    this.#endFlushes()
  }

  #endFlushes(): void {
    const oldest = this.#pending.oldestOrder
    const over = this.#flushes.filter(({ order }) => order < oldest)
    if (over.length === 0) return
    this.#flushes = this.#flushes.filter(({ order }) => order >= oldest)
    for (const { resolve } of over) resolve()
  }

  #rejectFlushes(): void {
    const flushes = this.#flushes
    this.#flushes = []
    for (const { reject } of flushes)
      reject(localError('CONFLICT', 'The session ended before Core had answered for all events.'))
  }
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers() {
  let resolve = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
