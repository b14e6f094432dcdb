import { RateLimiterCluster, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Log } from '../telemetry/log.ts'
import type { GateSettings } from './gate-settings.ts'

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

/**
 * Opens the rate limiter that the settings name, once Redis answers or fails to; undefined where there is no limit.
 * Where Redis cannot be reached memory counts, which is logged once.
 * @param amongWorkers whether this process is one of several that serve as one gateway
 */
export async function openRateLimiter(
  { ratePerMinute, redisUrl }: GateSettings,
  { log, amongWorkers }: { log: Log; amongWorkers: boolean },
): Promise<RateLimiter | undefined> {
  if (ratePerMinute === 0) return undefined
  const options = { points: ratePerMinute, duration: WINDOW_SECONDS, keyPrefix: 'achilles-rate' }
  const memory = new RateLimiterMemory(options)
  const redis = redisUrl === undefined ? undefined : await connect(redisUrl, log)
  const limiter = redis
    ? new RateLimiterRedis({ ...options, storeClient: redis, insuranceLimiter: memory, rejectIfRedisNotReady: true })
    : // The workers of one gateway count together, in the memory of the process that started them.
      amongWorkers
      ? new RateLimiterCluster(options)
      : memory
  const verdict = (allowed: boolean, { remainingPoints, msBeforeNext }: RateLimiterRes): RateVerdict => ({
    allowed,
    limit: ratePerMinute,
    remaining: Math.max(0, remainingPoints),
    resetSeconds: Math.ceil(msBeforeNext / 1000),
  })
  return {
    async consume(caller, calls) {
      try {
        return verdict(true, await limiter.consume(caller, calls))
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) return verdict(false, refusal)
        throw refusal
      }
    },
    stop: () => redis?.disconnect(),
  }
}

async function connect(redisUrl: string, log: Log) {
  // Loaded by those alone who use it.
  const { Redis } = await import('ioredis')
  const redis = new Redis(redisUrl, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
  })
  let isGone = false
  redis.on('error', (error: Error) => {
    if (!isGone) log.error({ reason: error.message }, 'Redis cannot be reached: each replica counts its own rate')
    isGone = true
  })
  redis.on('ready', () => {
    if (isGone) log.info('Redis is back: replicas count one rate')
    isGone = false
  })
  await new Promise((resolve) => redis.once('ready', resolve).once('error', resolve))
  return redis
}
