import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../errors/gateway-error.ts'
import type { GatewayHealth } from '../health.ts'
import type { GatewayEnv } from '../http/env.ts'

const HEALTH_PATH = /\/(?:livez|readyz|health)$/

/** Rejects requests with 503 while the gateway drains, except for health and probes. */
export function drainGuard(health: GatewayHealth): MiddlewareHandler<GatewayEnv> {
  return async function drainGuard(c, next) {
    if (health.draining && !HEALTH_PATH.test(c.req.path)) {
      throw new GatewayError('SERVICE_UNAVAILABLE', 'The gateway is stopping.', { headers: { 'retry-after': '1' } })
    }
    await next()
  }
}
