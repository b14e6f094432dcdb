import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../errors/gateway-error.ts'
import { isLoopbackHost, isLoopbackOrigin } from '../http/address.ts'
import type { GatewayEnv } from '../http/env.ts'

/**
 * Rejects requests with 403 unless `Host`, and `Origin` if sent, are loopback addresses. Protects a gateway without
 * credentials from web pages, including those whose own host name resolves to loopback (DNS rebinding).
 */
export function loopbackOnly(): MiddlewareHandler<GatewayEnv> {
  return async function loopbackOnly(c, next) {
    const origin = c.req.header('origin')
    if (!isLoopbackHost(c.req.header('host') || new URL(c.req.url).host) || (origin && !isLoopbackOrigin(origin))) {
      throw new GatewayError('FORBIDDEN', 'Without credentials this gateway serves only local callers.')
    }
    await next()
  }
}

/**
 * Rejects requests of web pages with 403, except from loopback and `origins` (`*` allows all). CORS alone only prevents
 * a page from reading the response, not from sending the request.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning
 */
export function originCheck(origins: readonly string[]): MiddlewareHandler<GatewayEnv> {
  return async function originCheck(c, next) {
    const origin = c.req.header('origin')
    if (origin && !isLoopbackOrigin(origin) && !origins.includes(origin) && !origins.includes('*')) {
      throw new GatewayError('FORBIDDEN', 'The origin is not allowed: CORS_ORIGINS does not list it.')
    }
    await next()
  }
}
