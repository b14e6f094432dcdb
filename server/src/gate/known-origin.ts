import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../problem/gateway-error.ts'
import type { GatewayEnv } from './gateway-env.ts'
import { isLoopbackOrigin } from './loopback.ts'

/**
 * Refuses pages of any origin but this machine's and those allowed: 403. CORS alone keeps a page from reading an
 * answer, not from asking. What is no page sends no `Origin`.
 * @param origins `*` for all
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning
 */
export function knownOrigin(origins: readonly string[]): MiddlewareHandler<GatewayEnv> {
  return async function knownOrigin(c, next) {
    const origin = c.req.header('origin')
    if (origin && !isLoopbackOrigin(origin) && !origins.includes(origin) && !origins.includes('*')) {
      throw new GatewayError('FORBIDDEN', 'Pages of this origin may not call; CORS_ORIGINS names those that may.')
    }
    await next()
  }
}
