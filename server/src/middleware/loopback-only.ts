import { shortened } from '@achilles/mcp-contract'
import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../errors/gateway-error.ts'
import { isLoopbackHost, isLoopbackOrigin } from '../http/address.ts'
import type { GatewayEnv } from '../http/env.ts'

const LONGEST_VALUE = 200

/**
 * Rejects requests with 403 unless `Host`, and `Origin` if sent, are loopback addresses. Protects a gateway without
 * credentials from web pages, including those whose own host name resolves to loopback (DNS rebinding).
 */
export function loopbackOnly(): MiddlewareHandler<GatewayEnv> {
  return async function loopbackOnly(c, next) {
    const host = c.req.header('host') || new URL(c.req.url).host
    if (!isLoopbackHost(host)) throw new GatewayError('FORBIDDEN', describeNotLocal('Host', host))
    const origin = c.req.header('origin')
    if (origin && !isLoopbackOrigin(origin)) throw new GatewayError('FORBIDDEN', describeNotLocal('Origin', origin))
    await next()
  }
}

export const describeNotLocal = (header: 'Host' | 'Origin', value: string): string =>
  `Without credentials this gateway serves only local callers, and the ${header} ${shortened(value, LONGEST_VALUE)} is not local. Set GATEWAY_API_KEYS_FILE or AUTH_ISSUER to require credentials, or GATEWAY_AUTH=none.`

/**
 * Rejects requests of web pages with 403, except from loopback and `origins` (`*` allows all). CORS alone only prevents
 * a page from reading the response, not from sending the request.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning
 */
export function originCheck(origins: readonly string[]): MiddlewareHandler<GatewayEnv> {
  return async function originCheck(c, next) {
    const origin = c.req.header('origin')
    if (origin && !isLoopbackOrigin(origin) && !origins.includes(origin) && !origins.includes('*')) {
      throw new GatewayError('FORBIDDEN', `CORS_ORIGINS does not list the origin ${shortened(origin, LONGEST_VALUE)}.`)
    }
    await next()
  }
}
