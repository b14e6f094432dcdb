import { type Finding, fault, ok } from './finding.ts'
import { line } from './line.ts'

const TIMEOUT_MS = 2_000

/** Whether Redis answers. */
export async function checkRedis(redisUrl: string): Promise<Finding> {
  const { Redis } = await import('ioredis')
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  let reason: string | undefined
  redis.on('error', (error: NodeJS.ErrnoException) => {
    reason ??= error.message || error.code
  })
  try {
    await redis.connect()
    await redis.ping()
    return ok(line`answers at ${new URL(redisUrl).host}`)
  } catch (error) {
    return fault(
      line`${new URL(redisUrl).host}: ${reason ?? (error as Error).message}`,
      line`REDIS_URL must be where Redis is. Without it each replica counts a rate of its own.`,
    )
  } finally {
    redis.disconnect()
  }
}
