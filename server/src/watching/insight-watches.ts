import { setMaxListeners } from 'node:events'
import type { InsightOut, MCPInsightsQuery } from '@achilles/mcp-contract'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Principal } from '../http/principal.ts'
import { oncePerMinute } from '../telemetry/log.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { type PollIntervals, SessionWatch } from './session-watch.ts'
import { type EndReason, Watcher, type WatchStatus } from './watcher.ts'

export interface WatchLimits {
  /** Streams of one principal. */
  perPrincipal: number
  streams: number
  /** Sessions that are polled, each once for each principal. */
  sessions: number
}

export interface InsightWatchesOptions {
  query(principal: Principal, query: MCPInsightsQuery, signal: AbortSignal): Promise<InsightOut[]>
  telemetry: Pick<Telemetry, 'log' | 'metrics'>
  intervals?: PollIntervals
  limits?: WatchLimits
}

export interface WatchRequest {
  principal: Principal
  session_id: string
  since?: string | undefined
  lastEventId?: string | undefined
  requestId: string
  /** Ends the watcher. */
  signal: AbortSignal
  onStatus?: ((status: WatchStatus) => void) | undefined
}

const INTERVALS: PollIntervals = { firstMs: 1_000, maxMs: 5_000 }
const LIMITS: WatchLimits = { perPrincipal: 32, streams: 8_000, sessions: 2_000 }

/** All watchers of this gateway. */
export class InsightWatches {
  readonly #options: InsightWatchesOptions
  readonly #limits: WatchLimits
  readonly #bySession = new Map<string, Map<string, SessionWatch>>()
  readonly #byPrincipal = new Map<string, number>()
  readonly #closed = new AbortController()
  readonly #isDue = oncePerMinute()
  #streams = 0
  #sessions = 0

  constructor(options: InsightWatchesOptions) {
    this.#options = options
    // Each stream listens to it.
    setMaxListeners(0, this.#closed.signal)
    this.#limits = options.limits ?? LIMITS
    const { insightStreamsEnded, insightStreamsRejected } = options.telemetry.metrics
    for (const reason of END_REASONS) insightStreamsEnded.inc({ reason }, 0)
    for (const limit of Object.keys(REJECTIONS)) insightStreamsRejected.inc({ limit }, 0)
  }

  get streams(): number {
    return this.#streams
  }

  get sessions(): number {
    return this.#sessions
  }

  /** Aborts when the gateway begins to drain. */
  get closing(): AbortSignal {
    return this.#closed.signal
  }

  /**
   * Resolves once Core was queried: its insights then wait, or Core is away.
   * @throws GatewayError 429 or 503 at a limit, 503 while draining, and Core's errors that no retry helps.
   */
  async open(request: WatchRequest): Promise<Watcher> {
    const { principal, signal } = request
    if (this.#closed.signal.aborted || signal.aborted) {
      throw new GatewayError('SERVICE_UNAVAILABLE', 'The gateway is stopping.', { headers: { 'retry-after': '1' } })
    }
    const held = this.#byPrincipal.get(principal.name) ?? 0
    if (held >= this.#limits.perPrincipal) throw this.#reject('per_principal')
    if (this.#streams >= this.#limits.streams) throw this.#reject('streams')
    const watch = this.#findWatch(principal, request.session_id)
    this.#streams++
    this.#byPrincipal.set(principal.name, held + 1)
    const startedAt = performance.now()
    const { metrics } = this.#options.telemetry
    const watcher: Watcher = new Watcher({
      ...request,
      onRoom: () => watch.resume(),
      onSend: (count) => metrics.insightsStreamed.inc(count),
      onEnd: (reason, sent) => {
        signal.removeEventListener('abort', onAbort)
        watch.remove(watcher)
        this.#release(principal.name)
        this.#report(reason, { request_id: request.requestId, principal: principal.name, sent, startedAt })
      },
    })
    const onAbort = () => watcher.end('closed')
    signal.addEventListener('abort', onAbort)
    watch.add(watcher)
    await watcher.opened
    return watcher
  }

  /** Called for each batch that has reached Core. */
  expectInsights(events: Iterable<{ session_id: string }>): void {
    if (this.#sessions === 0) return
    for (const sessionId of new Set(Array.from(events, ({ session_id }) => session_id))) {
      for (const watch of this.#bySession.get(sessionId)?.values() ?? []) watch.expectInsights()
    }
  }

  /** Ends every stream: their readers resume at another gateway. */
  close(): void {
    this.#closed.abort()
    for (const watches of [...this.#bySession.values()]) {
      for (const watch of [...watches.values()]) for (const watcher of [...watch.watchers]) watcher.end('drained')
    }
  }

  /** Each principal has polls of its own, since Core may show it other insights. */
  #findWatch(principal: Principal, sessionId: string): SessionWatch {
    const [bySession, key] = [this.#bySession, toKey(principal)]
    const watches = bySession.get(sessionId) ?? new Map<string, SessionWatch>()
    const existing = watches.get(key)
    if (existing) return existing
    if (this.#sessions >= this.#limits.sessions) throw this.#reject('sessions')
    const { query, telemetry, intervals = INTERVALS } = this.#options
    const watch = new SessionWatch({
      ...intervals,
      sessionId,
      query: (insightsQuery, signal) => query(principal, insightsQuery, signal),
      onPoll: (result) => telemetry.metrics.insightPolls.inc({ result }),
      onEnd: () => {
        this.#sessions--
        watches.delete(key)
        if (watches.size === 0) bySession.delete(sessionId)
      },
    })
    this.#sessions++
    bySession.set(sessionId, watches.set(key, watch))
    return watch
  }

  #release(name: string): void {
    this.#streams--
    const held = (this.#byPrincipal.get(name) ?? 1) - 1
    if (held === 0) this.#byPrincipal.delete(name)
    else this.#byPrincipal.set(name, held)
  }

  #report(reason: EndReason, { sent, startedAt, ...line }: StreamLine): void {
    const { log, metrics } = this.#options.telemetry
    metrics.insightStreamsEnded.inc({ reason })
    log.info(
      { ...line, reason, insights: sent, duration_ms: Math.round(performance.now() - startedAt) },
      'stream ended',
    )
    if (reason === 'slow_reader' && this.#isDue(reason)) log.warn({ limit: reason }, SLOW_READER)
  }

  #reject(limit: keyof typeof REJECTIONS): GatewayError {
    const { log, metrics } = this.#options.telemetry
    metrics.insightStreamsRejected.inc({ limit })
    if (this.#isDue(limit)) log.warn({ limit }, REJECTIONS[limit])
    const headers = { 'retry-after': '5' }
    return limit === 'per_principal'
      ? new GatewayError('TOO_MANY_REQUESTS', `More than ${this.#limits.perPrincipal} open streams.`, { headers })
      : new GatewayError('SERVICE_UNAVAILABLE', 'The gateway serves as many streams as it can.', { headers })
  }
}

interface StreamLine {
  request_id: string
  principal: string
  sent: number
  startedAt: number
}

const END_REASONS = ['closed', 'drained', 'slow_reader', 'fault'] satisfies EndReason[]

const SLOW_READER = 'A stream was ended: more than 1000 insights or 1 MiB waited for its reader'

const REJECTIONS = {
  per_principal: 'Streams are rejected: a principal may hold 32',
  streams: 'Streams are rejected: this gateway serves at most 8000',
  sessions: 'Streams are rejected: this gateway polls at most 2000 sessions',
}

const toKey = ({ name, workspaces }: Principal) => JSON.stringify([name, workspaces])
