import type { MiddlewareHandler } from 'hono'
import type { GatewayHealth } from '../gateway-health.ts'
import { GatewayError } from '../problem/gateway-error.ts'
import type { GatewayEnv } from './gateway-env.ts'

const ABOUT_HEALTH = /\/(?:livez|readyz|health)$/

/** Takes no new work once the gateway drains; what asks for its health is still told. */
export function refuseWhileDraining(health: GatewayHealth): MiddlewareHandler<GatewayEnv> {
  return async function refuseWhileDraining(c, next) {
    if (health.draining && !ABOUT_HEALTH.test(c.req.path)) {
      throw new GatewayError('SERVICE_UNAVAILABLE', 'The gateway is stopping.', { headers: { 'retry-after': '1' } })
    }
    await next()
  }
}
