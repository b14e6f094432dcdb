import { RateLimiterCluster, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { GateSettings } from './gate-settings.ts'
import { type Window, WindowCounter } from './window-counter.ts'

/** What a caller has left. */
export interface RateVerdict {
  allowed: boolean
  limit: number
  remaining: number
  /** Until the rate is whole again. */
  resetSeconds: number
}

/** Counts calls per caller over a window of a minute. */
export interface RateLimiter {
  consume(caller: string, calls: number): Promise<RateVerdict>
  stop(): void
}

const WINDOW_SECONDS = 60
const CONNECT_TIMEOUT_MS = 2_000

/** A Redis near the gateway responds within a few milliseconds. */
const COMMAND_TIMEOUT_MS = 1_000

/** A connection on which nothing has come for so long, while commands wait, is replaced. */
const SOCKET_TIMEOUT_MS = 5_000

/** How often Redis is tried while it fails. Calls do not wait for that. */
const RETRY_MS = 1_000

/** Adds calls to a caller's window. */
type Counter = (caller: string, calls: number) => Window | Promise<Window>

/**
 * Opens the rate limiter that the settings name; undefined where there is no limit. While Redis fails, at the start as well,
 * calls are counted in memory; both changes are logged.
 * @param amongWorkers whether this process is one of several that serve as one gateway
 */
export async function openRateLimiter(
  { ratePerMinute, redisUrl }: GateSettings,
  { log, metrics, amongWorkers }: { log: Log; metrics: Pick<Metrics, 'rateStoreErrors'>; amongWorkers: boolean },
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
          if (reason !== undefined) log.error({ reason }, 'Redis fails: each replica counts its own rate')
          else log.info('Redis is back: replicas count one rate')
        },
      })
    : // The workers of one gateway count together, in the memory of the process that started them.
      amongWorkers
      ? toCounter(new RateLimiterCluster(options))
      : memory
  return {
    async consume(caller, calls) {
      const { used, endsInMs } = await count(caller, calls)
      return {
        allowed: used <= ratePerMinute,
        limit: ratePerMinute,
        remaining: Math.max(0, ratePerMinute - used),
        // A wall clock that was set, here or at Redis, must not lock a caller out.
        resetSeconds: Math.min(WINDOW_SECONDS, Math.ceil(endsInMs / 1000)),
      }
    },
    stop: () => store?.stop(),
  }
}

const toCounter =
  (limiter: RateLimiterRedis | RateLimiterCluster): Counter =>
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

/** A counter that other processes share. */
interface Store {
  count: Counter
  /** Why it is out of use; undefined where it is ready. */
  fault(): string | undefined
  stop(): void
}

interface Fallback {
  fallback: Counter
  /** Called for each failure. */
  onError(): void
  /** Called once when the store begins to fail, with the reason, and once when it works again. */
  onChange(reason: string | undefined): void
}

/** Counts in `store`; where that fails, with `fallback`, and from then on until a call every second finds it well. */
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
      fail(store.fault() ?? (error as Error).message)
      return undefined
    }
  }

  const faultAtStart = store.fault()
  if (faultAtStart !== undefined) fail(faultAtStart)
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

/** Opens a connection to Redis; resolves once it is ready, or has failed, or takes too long. It reconnects by itself. */
async function openRedis(redisUrl: string, options: RateOptions): Promise<Store> {
  // Loaded by those alone who use it.
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
    fault: () => (redis.status === 'ready' ? undefined : lastError),
    stop: () => redis.disconnect(),
  }
}
