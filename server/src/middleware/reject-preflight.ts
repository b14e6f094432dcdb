import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../errors/gateway-error.ts'
import type { GatewayEnv } from '../http/env.ts'
import { getHeader } from '../http/headers.ts'
import type { Log } from '../telemetry/log.ts'

/** The most origins that are logged, since callers can send any number of them. */
const MAX_LOGGED_ORIGINS = 16

/**
 * Rejects CORS preflight requests of origins that are not allowed with 403. Each origin is logged once.
 * @param origins the allowed origins; `*` for all
 */
export function rejectPreflight(origins: readonly string[], log: Log): MiddlewareHandler<GatewayEnv> {
  const logged = new Set<string>()
  return async function rejectPreflight(c, next) {
    if (c.req.method !== 'OPTIONS') return next()
    const origin = getHeader(c, 'origin')
    const isPreflight = origin !== undefined && getHeader(c, 'access-control-request-method') !== undefined
    if (!isPreflight || origins.includes('*') || origins.includes(origin)) return next()
    if (logged.size < MAX_LOGGED_ORIGINS && !logged.has(origin)) {
      logged.add(origin)
      log.warn({ origin }, 'Rejected a page’s preflight request: CORS_ORIGINS does not list its origin')
    }
    throw new GatewayError('FORBIDDEN', 'The origin is not allowed: CORS_ORIGINS does not list it.')
  }
}
