import { type MCPSessionUpdate, parseJson } from '@achilles/mcp-contract'
import { isGatewayError, isReportedByGateway, localError } from '../gateway-error.ts'
import { type Backoff, backoffMs } from '../retry.ts'
import type { SpoolEntry } from '../spool/spool.ts'
import { MAX_TIMER_MS, startTimer, withResolvers } from '../timers.ts'
import { deliverEvents, isRejection } from './deliver-events.ts'
import { type BatchLimits, PendingEntries, type PendingEntry } from './pending-entries.ts'
import type { OpenSession, SessionCalls } from './session-calls.ts'
import { toRejected, type Verdict } from './verdict.ts'

/** Whether the gateway could be reached last. */
export interface SessionState {
  /** `connecting` until the first attempt has ended; `offline` after an attempt that must be repeated. */
  readonly connection: 'connecting' | 'online' | 'offline'
  /** Why the last attempt failed; only while `offline`. */
  readonly reason?: string
  /** When the connection became what it is. */
  readonly since: Date
  /** When the next attempt is made; only while `offline`. */
  readonly nextAttemptAt?: Date
}

export interface SenderOptions {
  calls: SessionCalls
  /** Opens Core's session; called until it succeeds. */
  open: (signal: AbortSignal) => Promise<OpenSession>
  flushIntervalMs: number
  /** Lets a Node process end while entries are pending. */
  unref: boolean
  /** @param response what Core returned for an entry of its own call */
  onVerdict: (entry: PendingEntry, verdict: Verdict, response?: unknown) => void
  /** Called for each failed attempt that will be repeated. */
  onError: (error: unknown) => void
  /** Called when nothing is pending that could be sent now. */
  onIdle: () => void
  onState: (state: SessionState) => void
}

const BACKOFF: Backoff = { firstMs: 1_000, maxMs: 15_000 }

/** For an event that fails while others succeed. */
const ISOLATED_BACKOFF: Backoff = { firstMs: 1_000, maxMs: 3_600_000 }

/** A wrong clock, or a proxy's maintenance page, must not stop delivery for days. */
const MAX_RETRY_AFTER_MS = 3_600_000

/** After this many consecutive failures, one event may be the reason. */
const FAILURES_BEFORE_HALVING = 3

interface Flush {
  /** Done once no entry up to this position is pending. */
  order: number
  resolve: () => void
  reject: (reason: unknown) => void
}

/**
 * Opens one session and sends its entries in order, one call at a time; events go in batches: a full one immediately, others
 * after the flush interval. A batch that keeps failing is halved until the event that is the reason fails alone; that one
 * is isolated and sent again with growing delays.
 */
export class SessionSender {
  readonly #pending = new PendingEntries()
  readonly #options: SenderOptions
  readonly #stopped = new AbortController()
  #session: OpenSession | undefined
  #limits: BatchLimits = { maxEvents: 1, maxBytes: 0 }
  #state: SessionState = { connection: 'connecting', since: new Date() }
  #halvedUpTo = 0
  #flushes: Flush[] = []
  /** Everything up to this position is due. */
  #dueOrder = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #keepAlive: ReturnType<typeof setInterval> | undefined
  #endPause: (() => void) | undefined
  /** Consecutive failures to open the session, or of batches of waiting entries. */
  #failures = 0
  /** Consecutive single events that were isolated for it. */
  #isolations = 0
  /** Consecutive failures of isolated events. */
  #failedRetries = 0
  /** No isolated event is sent again before, on the clock of `performance.now()`. */
  #retriesFrom = 0
  #lastWasRetry = false
  #sending: Promise<void> | undefined

  constructor(options: SenderOptions) {
    this.#options = options
  }

  get state(): SessionState {
    return this.#state
  }

  /** Undefined until it is open. */
  get session(): OpenSession | undefined {
    return this.#session
  }

  get pending(): PendingEntries {
    return this.#pending
  }

  /** Opens the session and sends everything added so far; before, entries only wait. */
  start(): void {
    this.#dueOrder = this.#pending.lastOrder
    this.#start()
  }

  /** False if the entry is already pending. */
  add(entry: SpoolEntry): boolean {
    const added = this.#pending.add(entry)
    if (added && added.kind !== 'event') this.#dueOrder = added.order
    return added !== undefined
  }

  /** Call after adding entries: sends a full batch or what is due now, the rest after the flush interval. */
  wake(): void {
    if (this.#stopped.signal.aborted || this.#pending.waitingCount === 0) return
    const { flushIntervalMs, unref } = this.#options
    this.#timer ??= startTimer(() => this.#makeAllDue(), flushIntervalMs, unref)
    if (this.#isDue()) this.#start()
  }

  /** Attempts again at once what waits for its next attempt. */
  retryNow(): void {
    if (this.#stopped.signal.aborted) return
    this.#retriesFrom = 0
    this.#pending.makeIsolatedDue(performance.now())
    this.#endPause?.()
    this.#start()
  }

  /**
   * Resolves once everything added so far is settled. Keeps a Node process alive.
   * @throws the signal's reason, or that sending has stopped.
   */
  flush(signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = withResolvers<void>()
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

  /** Aborts the call in flight; everything unsettled stays pending. */
  async stop(): Promise<void> {
    this.#stopTimer()
    clearTimeout(this.#retryTimer)
    this.#stopped.abort()
    this.#endPause?.()
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
    if (this.#stopped.signal.aborted) return
    clearTimeout(this.#retryTimer)
    this.#sending ??= this.#run().finally(() => {
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

  async #run(): Promise<void> {
    // Entries added in this tick still join the batch.
    await Promise.resolve()
    while (!this.#session && !this.#stopped.signal.aborted) await this.#open()
    if (this.#session) await this.#sendDue(this.#session)
  }

  async #open(): Promise<void> {
    const { signal } = this.#stopped
    try {
      const session = await this.#options.open(signal)
      this.#session = session
      this.#limits = session.limits
      this.#failures = 0
      this.#setState({ connection: 'online' })
    } catch (error) {
      if (signal.aborted) return
      this.#failures++
      // Rejected for what it contains; `retryNow` follows a change of the key or the URL.
      await this.#pauseAfter(error, backoffMs(this.#failures, isRejection(error) ? ISOLATED_BACKOFF : BACKOFF))
    }
  }

  async #sendDue(session: OpenSession): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      const retried = this.#takeRetry()
      const batch = retried ? [retried] : this.#takeDue(session)
      const [first] = batch
      if (!first) return
      this.#lastWasRetry = retried !== undefined
      try {
        if (first.kind === 'event') await this.#deliverBatch(batch, session)
        else await this.#deliverAlone(first, session)
        this.#pending.putBack()
        this.#setState({ connection: 'online' })
        if (this.#pending.oldestWaitingOrder > this.#halvedUpTo) this.#limits = session.limits
      } catch (error) {
        if (signal.aborted) return this.#pending.putBack()
        const backoff = retried ? this.#retryFailed(retried, error) : this.#batchFailed(error)
        this.#pending.putBack()
        await this.#pauseAfter(error, backoff, !retried)
      }
    }
  }

  async #deliverBatch(batch: readonly PendingEntry[], { sessionId }: OpenSession): Promise<void> {
    await deliverEvents(batch, {
      send: (events) => this.#options.calls.sendEvents(events, sessionId, this.#stopped.signal),
      settle: (event, verdict) => this.#settle(event, verdict),
      tooLarge: (events) => this.#halve(events),
    })
  }

  /** A snapshot, a performance record, or the end. */
  async #deliverAlone(entry: PendingEntry, { sessionId: session_id }: OpenSession): Promise<void> {
    const { calls } = this.#options
    const { signal } = this.#stopped
    try {
      if (entry.kind !== 'end') return this.#settle(entry, ACCEPTED, await calls.sendRecord(entry, session_id, signal))
      const { status, end_time } = parseJson(entry.json) as Partial<MCPSessionUpdate>
      const input = status && { session_id, status, ...(end_time !== undefined && { end_time }) }
      this.#settle(entry, ACCEPTED, input && (await calls.update(input, signal, entry)))
    } catch (error) {
      if (!isRejection(error)) throw error
      this.#settle(entry, toRejected(error.data))
    }
  }

  #takeDue({ sessionId }: OpenSession): PendingEntry[] {
    return this.#isDue() ? this.#pending.take(this.#limits, sessionId) : []
  }

  /** An isolated event that is due; not while other due events fail, and never two in a row while others are due. */
  #takeRetry(): PendingEntry | undefined {
    const now = performance.now()
    const othersFirst = this.#isDue() && (this.#lastWasRetry || this.#failures > 0)
    return othersFirst || now < this.#retriesFrom ? undefined : this.#pending.takeIsolated(now)
  }

  /** Other events do not wait for it: the backoff applies only to isolated ones. */
  #retryFailed(event: PendingEntry, error: unknown): number {
    this.#failedRetries++
    this.#retriesFrom = performance.now() + backoffMs(this.#failedRetries, BACKOFF)
    if (mayBeCausedByEvent(error)) this.#isolate(event, error)
    return 0
  }

  /** Narrows down which event may be the reason. Returns the delay until the next attempt, in milliseconds. */
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

  /** While nobody responds and nothing shows that the event is the reason, it may be sent again soon. */
  #isolate(event: PendingEntry, error: unknown): void {
    const isOutage = event.failures === 0 && isUnanswered(error)
    const failures = event.failures + event.unprovenFailures + 1
    this.#pending.isolate(event, performance.now() + backoffMs(failures, isOutage ? BACKOFF : ISOLATED_BACKOFF))
  }

  /** Until the events of this batch are settled. */
  #halve(batch: readonly PendingEntry[]): void {
    this.#limits = { ...this.#limits, maxEvents: Math.ceil(batch.length / 2) }
    this.#halvedUpTo = Math.max(this.#halvedUpTo, ...batch.map(({ order }) => order))
  }

  #settle(entry: PendingEntry, verdict: Verdict, response?: unknown): void {
    this.#pending.settle(entry)
    if (this.#failures + this.#failedRetries > 0 || this.#pending.hasSuspects) this.#passed()
    this.#options.onVerdict(entry, verdict, response)
    this.#endFlushes()
  }

  /** There is no outage: what failed, failed by itself. */
  #passed(): void {
    this.#failures = 0
    this.#isolations = 0
    this.#failedRetries = 0
    this.#retriesFrom = 0
    const now = performance.now()
    this.#pending.prove((failures) => now + backoffMs(failures, ISOLATED_BACKOFF))
  }

  /** Reports a failed attempt and waits: for the backoff, not less than `Retry-After`, or until `retryNow`. */
  async #pauseAfter(error: unknown, backoff: number, isOffline = true): Promise<void> {
    const ms = Math.max(getRequestedDelay(error), backoff)
    if (isOffline) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#setState({ connection: 'offline', reason, nextAttemptAt: new Date(Date.now() + ms) })
    }
    this.#options.onError(error)
    if (this.#stopped.signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = startTimer(resolve, ms, this.#options.unref)
      this.#endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#endPause = undefined
  }

  #setState(state: Omit<SessionState, 'since'>): void {
    const { connection, since, reason } = this.#state
    if (connection === state.connection && connection !== 'offline') return
    const isSame = connection === state.connection
    this.#state = { ...state, since: isSame ? since : new Date() }
    if (!isSame || reason !== state.reason || state.nextAttemptAt) this.#options.onState(this.#state)
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
      reject(localError('CONFLICT', 'The session ended before Core had accepted or rejected everything.'))
  }

  #keepFlushes(flushes: Flush[]): void {
    this.#flushes = flushes
    if (flushes.length > 0) return
    clearInterval(this.#keepAlive)
    this.#keepAlive = undefined
  }
}

const ACCEPTED: Verdict = { status: 'accepted' }

/** The delay that `Retry-After` requests, as far as it is followed, in milliseconds. */
const getRequestedDelay = (error: unknown): number =>
  isGatewayError(error) ? Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS) : 0

/** Depend on the caller, not on the batch. */
const OF_THE_CALLER: ReadonlySet<string> = new Set(['UNAUTHORIZED', 'TOO_MANY_REQUESTS'])

const mayBeCausedByEvent = (error: unknown): boolean => !isGatewayError(error) || !OF_THE_CALLER.has(error.data.code)

/** True if neither Core nor anything before it responded. */
function isUnanswered(error: unknown): boolean {
  if (!isGatewayError(error)) return false
  const { code } = error.data
  return code === 'SERVICE_UNAVAILABLE' || (code === 'GATEWAY_TIMEOUT' && !isReportedByGateway(error))
}
