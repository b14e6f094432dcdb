import { createMiddleware } from 'hono/factory'
import { secureHeaders } from 'hono/secure-headers'
import type { GatewayEnv } from '../http/env.ts'

// The gateway serves plain HTTP, and TLS ends in front of it.
const COMMON = { strictTransportSecurity: false }

/**
 * Hono's secure headers without HSTS. Browsers ignore two of them on a page that came neither over TLS nor from
 * localhost, with an error in its console, and send `sec-fetch-site` only elsewhere: other requests do not get those two.
 */
export function securityHeaders() {
  const all = secureHeaders(COMMON)
  const untrustworthy = secureHeaders({ ...COMMON, crossOriginOpenerPolicy: false, originAgentCluster: false })
  return createMiddleware<GatewayEnv>(function securityHeaders(c, next) {
    return c.req.header('sec-fetch-site') === undefined ? untrustworthy(c, next) : all(c, next)
  })
}
