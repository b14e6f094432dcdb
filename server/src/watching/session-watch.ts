import type { InsightOut, MCPInsightsQuery } from '@achilles/mcp-contract'
import { GatewayError } from '../errors/gateway-error.ts'
import { PAGE_SIZE, toPage } from './insight-page.ts'
import { isAfter } from './instant.ts'
import type { Watcher } from './watcher.ts'

/** Queries Core, validates its response, and reports violations of the contract. */
export type QueryInsights = (query: MCPInsightsQuery, signal: AbortSignal) => Promise<InsightOut[]>

export interface PollIntervals {
  /** From a batch of the session to the next poll, in milliseconds; later ones double it. */
  firstMs: number
  maxMs: number
}

export interface SessionWatchOptions extends PollIntervals {
  sessionId: string
  query: QueryInsights
  onPoll(result: 'success' | 'failure'): void
  /** Called once, when the last watcher has left or a fault has ended all of them. */
  onEnd(): void
}

/** Polls Core for one session and principal, one query at a time, on behalf of all its watchers. */
export class SessionWatch {
  readonly #options: SessionWatchOptions
  readonly #watchers = new Set<Watcher>()
  readonly #stopped = new AbortController()
  #intervalMs: number
  #timer: NodeJS.Timeout | undefined
  // On the monotonic clock.
  #dueAt = Number.POSITIVE_INFINITY
  #notBefore = 0
  #isPolling = false
  #isDegraded = false

  constructor(options: SessionWatchOptions) {
    this.#options = options
    this.#intervalMs = options.firstMs
  }

  /** Core is queried for it at once. */
  add(watcher: Watcher): void {
    this.#watchers.add(watcher)
    this.#pollWithin(0)
  }

  remove(watcher: Watcher): void {
    this.#watchers.delete(watcher)
    if (this.#watchers.size === 0) this.#stop()
  }

  /** A watcher that is behind can take another page. */
  resume(): void {
    this.#pollWithin(0)
  }

  /** A batch of the session has reached Core. */
  expectInsights(): void {
    this.#intervalMs = this.#options.firstMs
    this.#pollWithin(this.#intervalMs)
  }

  get watchers(): ReadonlySet<Watcher> {
    return this.#watchers
  }

  #stop(): void {
    if (this.#stopped.signal.aborted) return
    clearTimeout(this.#timer)
    this.#stopped.abort()
    this.#options.onEnd()
  }

  /** Brings the next poll forward, but never defers it. */
  #pollWithin(ms: number): void {
    const dueAt = Math.max(this.#notBefore, performance.now() + ms)
    if (this.#stopped.signal.aborted || dueAt >= this.#dueAt) return
    this.#dueAt = dueAt
    if (!this.#isPolling) this.#setTimer()
  }

  #setTimer(): void {
    clearTimeout(this.#timer)
    const ms = Math.max(0, Math.ceil(this.#dueAt - performance.now()))
    this.#timer = setTimeout(() => void this.#poll(), ms).unref()
  }

  async #poll(): Promise<void> {
    // Those that join meanwhile may begin before the page does.
    const readers = [...this.#watchers].filter((watcher) => watcher.hasRoom)
    this.#dueAt = Number.POSITIVE_INFINITY
    if (readers.length === 0) return
    this.#isPolling = true
    try {
      await this.#deliver(readers)
      this.#options.onPoll('success')
    } catch (error) {
      if (!this.#stopped.signal.aborted) this.#fail(error)
    }
    this.#isPolling = false
    if (this.#stopped.signal.aborted) return
    const isBehind = [...this.#watchers].some((watcher) => watcher.isBehind && watcher.hasRoom)
    this.#pollWithin(isBehind && !this.#isDegraded ? 0 : this.#intervalMs)
    this.#setTimer()
  }

  /** Queries from the earliest position, so that no reader misses what another has seen. */
  async #deliver(readers: readonly Watcher[]): Promise<void> {
    const { sessionId, query, maxMs } = this.#options
    const since = readers.map(({ position }) => position).reduce((one, other) => (isAfter(one, other) ? other : one))
    const listed = await query({ session_id: sessionId, since: since.text, limit: PAGE_SIZE }, this.#stopped.signal)
    const page = toPage(since, listed)
    this.#setDegraded(false)
    let hasNew = false
    for (const watcher of readers) if (this.#watchers.has(watcher) && watcher.receive(page)) hasNew = true
    this.#intervalMs = hasNew ? this.#options.firstMs : Math.min(maxMs, 2 * this.#intervalMs)
  }

  /** While Core is away the watchers stay; anything else ends them. */
  #fail(error: unknown): void {
    this.#options.onPoll('failure')
    if (error instanceof GatewayError && error.retryable) {
      this.#setDegraded(true)
      this.#notBefore = performance.now() + getRetryAfterMs(error)
      this.#intervalMs = Math.min(this.#options.maxMs, 2 * this.#intervalMs)
      return
    }
    for (const watcher of [...this.#watchers]) watcher.fail(error)
  }

  #setDegraded(isDegraded: boolean): void {
    this.#isDegraded = isDegraded
    for (const watcher of this.#watchers) watcher.setDegraded(isDegraded)
  }
}

const MAX_RETRY_AFTER_SECONDS = 60

function getRetryAfterMs({ headers }: GatewayError): number {
  const seconds = Number(headers['retry-after'])
  return Number.isFinite(seconds) ? 1000 * Math.min(seconds, MAX_RETRY_AFTER_SECONDS) : 0
}
