import type { EventBatchResponse, MCPEvent } from '@achilles/mcp-contract'
import { isGatewayError, isReportedByGateway, localError } from '../gateway-error.ts'
import { type Backoff, backoffMs } from '../retry.ts'
import { delay, MAX_TIMER_MS, startTimer } from '../timers.ts'
import { deliver } from './deliver.ts'
import type { BatchLimits, PendingEvent, PendingEvents } from './pending-events.ts'
import type { Verdict } from './verdict.ts'

/** Sends a batch once, without retries. */
export type SendBatch = (events: MCPEvent[], signal: AbortSignal) => Promise<EventBatchResponse>

export interface SenderOptions {
  send: SendBatch
  limits: BatchLimits
  flushIntervalMs: number
  /** Does not keep a Node process alive for waiting events, which are durable. */
  unref: boolean
  onVerdict: (event: PendingEvent, verdict: Verdict) => void
  /** Called for each failed attempt, which will be repeated. */
  onError: (error: unknown) => void
  onIdle: () => void
}

const BACKOFF: Backoff = { firstMs: 1_000, maxMs: 15_000 }

/** For an event that fails while others succeed. */
const ISOLATED_BACKOFF: Backoff = { firstMs: 1_000, maxMs: 3_600_000 }

/** A wrong clock or a proxy's maintenance page must not stop delivery for days. */
const MAX_RETRY_AFTER_MS = 3_600_000

/** After this many consecutive failures, a single event may be the reason. */
const FAILURES_BEFORE_HALVING = 3

interface Flush {
  /** Resolved once no event up to this order is unsettled. */
  order: number
  resolve: () => void
  reject: (reason: unknown) => void
}

/**
 * Sends pending events, one batch at a time: a full batch immediately, others when due. A batch that keeps failing is
 * halved until the event at fault fails alone; that event is isolated and retried with growing delays.
 */
export class EventSender {
  readonly #pending: PendingEvents
  readonly #options: SenderOptions
  readonly #stopped = new AbortController()
  #limits: BatchLimits
  #halvedUpTo = 0
  #flushes: Flush[] = []
  /** Events up to this order are due. */
  #dueOrder = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #keepAlive: ReturnType<typeof setInterval> | undefined
  /** Consecutive failures of batches of waiting events. */
  #failures = 0
  /** Consecutive failures that isolated an event. */
  #isolations = 0
  /** Consecutive failures of isolated events. */
  #failedRetries = 0
  /** Isolated events are not retried before this time, on the clock of `performance.now()`. */
  #retriesFrom = 0
  #lastWasRetry = false
  #sending: Promise<void> | undefined

  constructor(pending: PendingEvents, options: SenderOptions) {
    this.#pending = pending
    this.#options = options
    this.#limits = options.limits
  }

  /** Call after adding events: a full batch is sent immediately, others after the interval. */
  wake(): void {
    if (this.#stopped.signal.aborted || this.#pending.waitingCount === 0) return
    const { flushIntervalMs, unref } = this.#options
    this.#timer ??= startTimer(() => this.#makeAllDue(), flushIntervalMs, unref)
    if (this.#isDue()) this.#start()
  }

  /** Resolves once all events added so far are settled; rejects on abort or stop. Keeps a Node process alive. */
  flush(signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = withResolvers()
    const flush: Flush = { order: this.#pending.lastOrder, resolve, reject }
    const abort = () => {
      this.#keepFlushes(this.#flushes.filter((other) => other !== flush))
      reject(signal?.reason)
    }
    this.#flushes.push(flush)
    this.#keepAlive ??= setInterval(() => {}, MAX_TIMER_MS)
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    else if (this.#stopped.signal.aborted) this.#rejectFlushes()
    else this.#makeAllDue()
    this.#endFlushes()
    return promise.finally(() => signal?.removeEventListener('abort', abort))
  }

  /** Aborts the batch in flight; its events stay pending. */
  async stop(): Promise<void> {
    this.#stopTimer()
    clearTimeout(this.#retryTimer)
    this.#stopped.abort()
    await this.#sending
    this.#endFlushes()
    this.#rejectFlushes()
  }

  #isDue(): boolean {
    return this.#pending.oldestWaitingOrder <= this.#dueOrder || this.#pending.fills(this.#limits)
  }

  #makeAllDue(): void {
    this.#stopTimer()
    this.#dueOrder = this.#pending.lastOrder
    if (this.#pending.waitingCount > 0) this.#start()
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #start(): void {
    clearTimeout(this.#retryTimer)
    this.#sending ??= this.#sendDue().finally(() => {
      this.#sending = undefined
      this.#retryLater()
      if (this.#pending.waitingCount > 0) return this.wake()
      this.#stopTimer()
      this.#options.onIdle()
    })
  }

  #retryLater(): void {
    const at = Math.max(this.#pending.nextRetryAt, this.#retriesFrom)
    if (this.#stopped.signal.aborted || at === Number.POSITIVE_INFINITY) return
    clearTimeout(this.#retryTimer)
    this.#retryTimer = startTimer(() => this.#start(), at - performance.now(), this.#options.unref)
  }

  async #sendDue(): Promise<void> {
    const { signal } = this.#stopped
    // Events recorded in the same tick join the batch.
    await Promise.resolve()
    while (!signal.aborted) {
      const retried = this.#takeRetry()
      const batch = retried ? [retried] : this.#takeDue()
      if (batch.length === 0) return
      this.#lastWasRetry = retried !== undefined
      try {
        await deliver(batch, {
          send: (events) => this.#options.send(events, signal),
          settle: (event, verdict) => this.#settle(event, verdict),
          tooLarge: (batch) => this.#halve(batch),
        })
        this.#pending.putBack()
        if (this.#pending.oldestWaitingOrder > this.#halvedUpTo) this.#limits = this.#options.limits
      } catch (error) {
        if (signal.aborted) return this.#pending.putBack()
        this.#options.onError(error)
        const delayMs = retried ? this.#retryFailed(retried, error) : this.#batchFailed(error)
        this.#pending.putBack()
        await delay(Math.max(getRequestedDelayMs(error), delayMs), signal, this.#options.unref)
      }
    }
  }

  #takeDue(): PendingEvent[] {
    return this.#isDue() ? this.#pending.take(this.#limits) : []
  }

  /** Never two isolated events in a row while others are due, and none while those fail. */
  #takeRetry(): PendingEvent | undefined {
    const now = performance.now()
    const othersFirst = this.#isDue() && (this.#lastWasRetry || this.#failures > 0)
    return othersFirst || now < this.#retriesFrom ? undefined : this.#pending.takeIsolated(now)
  }

  /** Delays only isolated events, so it returns 0. */
  #retryFailed(event: PendingEvent, error: unknown): number {
    this.#failedRetries++
    this.#retriesFrom = performance.now() + backoffMs(this.#failedRetries, BACKOFF)
    if (mayBeCausedByEvent(error)) this.#isolate(event, error)
    return 0
  }

  /** Narrows down the event at fault. @returns milliseconds until the next attempt */
  #batchFailed(error: unknown): number {
    this.#failures++
    const { taken } = this.#pending
    const [first] = taken
    const isSuspected = this.#failures >= FAILURES_BEFORE_HALVING || (first && first.order <= this.#halvedUpTo)
    if (!first || !isSuspected || !mayBeCausedByEvent(error)) return backoffMs(this.#failures, BACKOFF)
    if (taken.length > 1) this.#halve(taken)
    else {
      this.#isolations++
      this.#isolate(first, error)
    }
    return backoffMs(isUnanswered(error) ? this.#failures : Math.max(1, this.#isolations), BACKOFF)
  }

  /** During a possible outage the backoff stays short: nothing proves yet that the event is at fault. */
  #isolate(event: PendingEvent, error: unknown): void {
    const isOutage = event.failures === 0 && isUnanswered(error)
    const failures = event.failures + event.unprovenFailures + 1
    this.#pending.isolate(event, performance.now() + backoffMs(failures, isOutage ? BACKOFF : ISOLATED_BACKOFF))
  }

  /** Halves the size of batches until the events of this one are settled. */
  #halve(batch: readonly PendingEvent[]): void {
    this.#limits = { ...this.#limits, maxEvents: Math.ceil(batch.length / 2) }
    this.#halvedUpTo = Math.max(this.#halvedUpTo, ...batch.map(({ order }) => order))
  }

  #settle(event: PendingEvent, verdict: Verdict): void {
    this.#pending.settle(event)
    if (this.#failures + this.#failedRetries > 0 || this.#pending.hasSuspects) this.#passed()
    this.#options.onVerdict(event, verdict)
    this.#endFlushes()
  }

  /** A success rules out an outage: earlier failures were caused by the events themselves. */
  #passed(): void {
    this.#failures = 0
    this.#isolations = 0
    this.#failedRetries = 0
    this.#retriesFrom = 0
    const now = performance.now()
    this.#pending.prove((failures) => now + backoffMs(failures, ISOLATED_BACKOFF))
  }

  #endFlushes(): void {
    const oldest = this.#pending.oldestOrder
    const over = this.#flushes.filter(({ order }) => order < oldest)
    if (over.length === 0) return
    this.#keepFlushes(this.#flushes.filter(({ order }) => order >= oldest))
    for (const { resolve } of over) resolve()
  }

  #rejectFlushes(): void {
    const flushes = this.#flushes
    this.#keepFlushes([])
    for (const { reject } of flushes)
      reject(localError('CONFLICT', 'The session ended before Core had answered for all events.'))
  }

  #keepFlushes(flushes: Flush[]): void {
    this.#flushes = flushes
    if (flushes.length > 0) return
    clearInterval(this.#keepAlive)
    this.#keepAlive = undefined
  }
}

const getRequestedDelayMs = (error: unknown): number =>
  isGatewayError(error) ? Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS) : 0

/** Errors of the caller's credentials and rate, which no event causes. */
const OF_THE_CALLER: ReadonlySet<string> = new Set(['UNAUTHORIZED', 'TOO_MANY_REQUESTS'])

const mayBeCausedByEvent = (error: unknown): boolean => !isGatewayError(error) || !OF_THE_CALLER.has(error.data.code)

/** True if neither Core nor anything in between responded. */
function isUnanswered(error: unknown): boolean {
  if (!isGatewayError(error)) return false
  const { code } = error.data
  return code === 'SERVICE_UNAVAILABLE' || (code === 'GATEWAY_TIMEOUT' && !isReportedByGateway(error))
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
