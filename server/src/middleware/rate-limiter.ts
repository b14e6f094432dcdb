import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { AuthSettings } from '../auth/credentials.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'

export interface RateLimitResult {
  allowed: boolean
  limit: number
  remaining: number
  resetSeconds: number
}

export interface RateLimiter {
  consume(caller: string, calls: number): Promise<RateLimitResult>
  stop(): void
}

const WINDOW_SECONDS = 60
const CONNECT_TIMEOUT_MS = 2_000

const COMMAND_TIMEOUT_MS = 1_000

/** A connection that receives nothing for this time while commands wait is replaced. */
const SOCKET_TIMEOUT_MS = 5_000

/** Interval of attempts to use Redis while it fails; calls do not wait for them. */
const RETRY_MS = 1_000

type Counter = (caller: string, calls: number) => Window | Promise<Window>

/**
 * Undefined if there is no limit. While Redis fails, even at the start, calls are counted in memory. Failure and
 * recovery are logged once each.
 */
export async function openRateLimiter(
  { ratePerMinute, redisUrl }: AuthSettings,
  { log, metrics }: { log: Log; metrics: Pick<Metrics, 'rateStoreErrors'> },
): Promise<RateLimiter | undefined> {
  if (ratePerMinute === 0) return undefined
  const options = { points: ratePerMinute, duration: WINDOW_SECONDS, keyPrefix: 'achilles-rate' }
  const windows = new WindowCounter(WINDOW_SECONDS * 1000)
  const memory: Counter = (caller, calls) => windows.add(caller, calls)
  const store = redisUrl === undefined ? undefined : await openRedis(redisUrl, options)
  const count: Counter = store
    ? withFallback(store, {
        fallback: memory,
        onError: () => metrics.rateStoreErrors.inc(),
        onChange(reason) {
          if (reason !== undefined) log.error({ reason }, 'Redis is unavailable: each replica counts its own rate')
          else log.info('Redis is available again: replicas share one rate')
        },
      })
    : memory
  return {
    async consume(caller, calls) {
      const { used, endsInMs } = await count(caller, calls)
      return {
        allowed: used <= ratePerMinute,
        limit: ratePerMinute,
        remaining: Math.max(0, ratePerMinute - used),
        // Capped: a change of the wall clock here or at Redis must not lock a caller out.
        resetSeconds: Math.min(WINDOW_SECONDS, Math.ceil(endsInMs / 1000)),
      }
    },
    stop: () => store?.stop(),
  }
}

interface Window {
  used: number
  endsInMs: number
}

/** A window begins with the caller's first call. */
export class WindowCounter {
  readonly #windowMs: number
  readonly #now: () => number
  readonly #windows = new Map<string, { used: number; endsAt: number }>()

  /** @param now a monotonic clock, in milliseconds */
  constructor(windowMs: number, now: () => number = () => performance.now()) {
    this.#windowMs = windowMs
    this.#now = now
  }

  add(caller: string, calls: number): Window {
    const now = this.#now()
    this.#deleteEnded(now)
    let window = this.#windows.get(caller)
    if (!window) {
      window = { used: 0, endsAt: now + this.#windowMs }
      this.#windows.set(caller, window)
    }
    window.used += calls
    return { used: window.used, endsInMs: window.endsAt - now }
  }

  /** Stops at the first open window: all have the same length, and a map iterates in insertion order. */
  #deleteEnded(now: number): void {
    for (const [caller, { endsAt }] of this.#windows) {
      if (endsAt > now) return
      this.#windows.delete(caller)
    }
  }
}

const toCounter =
  (limiter: RateLimiterRedis): Counter =>
  async (caller, calls) => {
    const { consumedPoints, msBeforeNext } = await limiter.consume(caller, calls).catch((error: unknown) => {
      if (error instanceof RateLimiterRes) return error
      throw error
    })
    return { used: consumedPoints, endsInMs: msBeforeNext }
  }

interface RateOptions {
  points: number
  duration: number
  keyPrefix: string
}

interface Store {
  count: Counter
  /** Undefined if the store is ready. */
  getError(): string | undefined
  stop(): void
}

interface Fallback {
  fallback: Counter
  onError(): void
  /** Called with the reason when the store starts to fail, and without one when it recovers. */
  onChange(reason: string | undefined): void
}

/** While `store` fails, uses `fallback` and retries the store once a second with one of the calls. */
function withFallback(store: Store, { fallback, onError, onChange }: Fallback): Counter {
  let failing = false
  let retryAt = 0

  function fail(reason: string): void {
    onError()
    retryAt = performance.now() + RETRY_MS
    if (!failing) onChange(reason)
    failing = true
  }

  async function attempt(caller: string, calls: number): Promise<Window | undefined> {
    try {
      const window = await store.count(caller, calls)
      if (failing) onChange(undefined)
      failing = false
      return window
    } catch (error) {
      fail(store.getError() ?? (error as Error).message)
      return undefined
    }
  }

  const errorAtStart = store.getError()
  if (errorAtStart !== undefined) fail(errorAtStart)
  return async function count(caller, calls) {
    if (!failing) return (await attempt(caller, calls)) ?? fallback(caller, calls)
    const now = performance.now()
    if (now >= retryAt) {
      retryAt = now + RETRY_MS + COMMAND_TIMEOUT_MS
      void attempt(caller, calls)
    }
    return fallback(caller, calls)
  }
}

/** Resolves when Redis is ready, has failed or has timed out; ioredis reconnects on its own. */
async function openRedis(redisUrl: string, options: RateOptions): Promise<Store> {
  // Loaded only if Redis is configured.
  const { Redis } = await import('ioredis')
  const redis = new Redis(redisUrl, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
  })
  let lastError = `no response within ${CONNECT_TIMEOUT_MS} ms`
  redis.on('error', ({ message }: Error) => {
    lastError = message
  })
  const limiter = new RateLimiterRedis({ ...options, storeClient: redis, rejectIfRedisNotReady: true })
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, CONNECT_TIMEOUT_MS)
    const settle = () => {
      clearTimeout(timer)
      resolve()
    }
    redis.once('ready', settle).once('error', settle)
  })
  return {
    count: toCounter(limiter),
    getError: () => (redis.status === 'ready' ? undefined : lastError),
    stop: () => redis.disconnect(),
  }
}
