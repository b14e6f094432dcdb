import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../problem/gateway-error.ts'
import type { GatewayEnv } from './gateway-env.ts'
import { headerOf } from './header-of.ts'
import { isLoopbackHost, isLoopbackOrigin } from './loopback.ts'

/**
 * Serves only requests that name this machine: a page elsewhere that has its own name resolve to loopback (DNS
 * rebinding), or simply posts to it, gets 403. For a gateway on loopback that asks for no credentials.
 */
export function localOnly(): MiddlewareHandler<GatewayEnv> {
  return async function localOnly(c, next) {
    const origin = headerOf(c, 'origin')
    if (!isLoopbackHost(headerOf(c, 'host') || new URL(c.req.url).host) || (origin && !isLoopbackOrigin(origin))) {
      throw new GatewayError('FORBIDDEN', 'Without credentials this gateway serves only local callers.')
    }
    await next()
  }
}
