import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../problem/gateway-error.ts'
import type { Log } from '../telemetry/log.ts'
import type { GatewayEnv } from './gateway-env.ts'
import { headerOf } from './header-of.ts'

/** How many different origins are logged; what a caller sends must not fill the log. */
const MAX_LOGGED_ORIGINS = 16

/**
 * Rejects a browser's preflight for a page whose origin may not call: 403 with the setting that would let it. Each
 * origin is logged once.
 * @param origins those that may call; `*` for all
 */
export function rejectPreflight(origins: readonly string[], log: Log): MiddlewareHandler<GatewayEnv> {
  const logged = new Set<string>()
  return async function rejectPreflight(c, next) {
    if (c.req.method !== 'OPTIONS') return next()
    const origin = headerOf(c, 'origin')
    const isPreflight = origin !== undefined && headerOf(c, 'access-control-request-method') !== undefined
    if (!isPreflight || origins.includes('*') || origins.includes(origin)) return next()
    if (logged.size < MAX_LOGGED_ORIGINS && !logged.has(origin)) {
      logged.add(origin)
      log.warn({ origin }, 'Rejected a page’s preflight request: CORS_ORIGINS does not list its origin')
    }
    throw new GatewayError('FORBIDDEN', 'Pages of this origin may not call: CORS_ORIGINS does not list it.')
  }
}
