import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../problem/gateway-error.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { GatewayContext, GatewayEnv } from './gateway-env.ts'
import type { RateLimiter, RateVerdict } from './rate-limiter.ts'
import { type Header, sayHeaders } from './say-headers.ts'

const PROBES = new Set(['/livez', '/readyz'])

/**
 * Holds each principal, or where there is none each address, to its rate, and tells on every answer what is left.
 * @param countCalls how many calls a request counts for
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function limitRate(
  limiter: RateLimiter,
  metrics: Pick<Metrics, 'rateLimited'>,
  countCalls: (c: GatewayContext) => number,
): MiddlewareHandler<GatewayEnv> {
  return async function limitRate(c, next) {
    if (PROBES.has(c.req.path)) return next()
    const counted: Counted = { caller: callerOf(c), headers: [] }
    c.set('countCalls', (calls) => count(limiter, metrics, counted, calls))
    await count(limiter, metrics, counted, countCalls(c))
    await next()
    sayHeaders(c, counted.headers)
  }
}

/** Whose calls are counted, and what was found at the last of them. */
interface Counted {
  caller: string
  headers: Header[]
}

async function count(
  limiter: RateLimiter,
  { rateLimited }: Pick<Metrics, 'rateLimited'>,
  counted: Counted,
  calls: number,
): Promise<void> {
  const verdict = await limiter.consume(counted.caller, calls)
  counted.headers = headersOf(verdict)
  if (verdict.allowed) return
  rateLimited.inc()
  throw new GatewayError('TOO_MANY_REQUESTS', `More than ${verdict.limit} calls a minute.`, {
    headers: { 'retry-after': String(verdict.resetSeconds), ...Object.fromEntries(counted.headers) },
  })
}

function callerOf(c: GatewayContext): string {
  const principal = c.get('principal')
  return principal instanceof GatewayError || principal.anonymous
    ? `address ${c.env?.incoming?.socket.remoteAddress ?? ''}`
    : `name ${principal.name}`
}

const headersOf = ({ limit, remaining, resetSeconds }: RateVerdict): Header[] => [
  ['ratelimit', `"default";r=${remaining};t=${resetSeconds}`],
  ['ratelimit-policy', `"default";q=${limit};w=60`],
]
