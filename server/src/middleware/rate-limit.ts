import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../errors/gateway-error.ts'
import type { GatewayContext, GatewayEnv } from '../http/env.ts'
import { PATHS } from '../http/paths.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { RateLimiter, RateLimitResult } from './rate-limiter.ts'

const PROBES = new Set<string>([PATHS.liveness, PATHS.readiness])

/**
 * Limits the calls per minute of each principal, or of each address for anonymous and unauthenticated callers. Probes
 * are exempt.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function rateLimit(
  limiter: RateLimiter,
  metrics: Pick<Metrics, 'rateLimited'>,
  countCalls: (c: GatewayContext) => number,
): MiddlewareHandler<GatewayEnv> {
  return async function rateLimit(c, next) {
    if (PROBES.has(c.req.path)) return next()
    const counted: Counted = { caller: getCaller(c), headers: {} }
    c.set('countCalls', (calls) => count(limiter, metrics, counted, calls))
    await count(limiter, metrics, counted, countCalls(c))
    await next()
    for (const [name, value] of Object.entries(counted.headers)) c.res.headers.set(name, value)
  }
}

interface Counted {
  caller: string
  /** From the last count. */
  headers: Record<string, string>
}

async function count(
  limiter: RateLimiter,
  { rateLimited }: Pick<Metrics, 'rateLimited'>,
  counted: Counted,
  calls: number,
): Promise<void> {
  const result = await limiter.consume(counted.caller, calls)
  counted.headers = toHeaders(result)
  if (result.allowed) return
  rateLimited.inc()
  throw new GatewayError('TOO_MANY_REQUESTS', `More than ${result.limit} calls a minute.`, {
    headers: { 'retry-after': String(result.resetSeconds), ...counted.headers },
  })
}

function getCaller(c: GatewayContext): string {
  const principal = c.get('principal')
  return principal instanceof GatewayError || principal.anonymous
    ? `address ${c.env?.incoming?.socket.remoteAddress ?? ''}`
    : `name ${principal.name}`
}

const toHeaders = ({ limit, remaining, resetSeconds }: RateLimitResult): Counted['headers'] => ({
  ratelimit: `"default";r=${remaining};t=${resetSeconds}`,
  'ratelimit-policy': `"default";q=${limit};w=60`,
})
