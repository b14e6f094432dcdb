import { shortened } from '@achilles/mcp-contract'
import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../errors/gateway-error.ts'
import type { GatewayEnv } from '../http/env.ts'
import type { Log } from '../telemetry/log.ts'

/** Callers can send any number of origins. */
const MAX_LOGGED_ORIGINS = 16
const LONGEST_ORIGIN = 200

/** Rejects preflight requests of other origins with 403; logs each origin once. @param origins `*` allows all */
export function rejectPreflight(origins: readonly string[], log: Log): MiddlewareHandler<GatewayEnv> {
  const logged = new Set<string>()
  return async function rejectPreflight(c, next) {
    if (c.req.method !== 'OPTIONS') return next()
    const origin = c.req.header('origin')
    const isPreflight = origin !== undefined && c.req.header('access-control-request-method') !== undefined
    if (!isPreflight || origins.includes('*') || origins.includes(origin)) return next()
    if (logged.size < MAX_LOGGED_ORIGINS && !logged.has(origin)) {
      logged.add(origin)
      log.warn({ origin }, 'Rejected a page’s preflight request: CORS_ORIGINS does not list its origin')
    }
    throw new GatewayError('FORBIDDEN', `CORS_ORIGINS does not list the origin ${shortened(origin, LONGEST_ORIGIN)}.`)
  }
}
