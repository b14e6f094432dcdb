import { randomUUID } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import type { GatewayEnv } from './gateway-env.ts'
import { headerOf } from './header-of.ts'
import { sayHeaders } from './say-headers.ts'

const ACCEPTABLE = /^[\x21-\x7e]{1,128}$/

/** The caller's request id if it is 1–128 visible ASCII characters, else a new one. */
export const acceptRequestId = (given: string | undefined): string =>
  given !== undefined && ACCEPTABLE.test(given) ? given : randomUUID()

/** Settles the request id and puts it on every answer. */
export function requestId(): MiddlewareHandler<GatewayEnv> {
  return async function requestId(c, next) {
    const id = acceptRequestId(headerOf(c, 'x-request-id'))
    c.set('requestId', id)
    await next()
    sayHeaders(c, [['x-request-id', id]])
  }
}
