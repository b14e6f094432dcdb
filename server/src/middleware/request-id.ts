import { randomUUID } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import type { GatewayEnv } from '../http/env.ts'
import { getHeader, setHeaders } from '../http/headers.ts'

const VALID_ID = /^[\x21-\x7e]{1,128}$/

/** The caller's request id if it is 1–128 visible ASCII characters, else a new one. */
export const acceptRequestId = (given: string | undefined): string =>
  given !== undefined && VALID_ID.test(given) ? given : randomUUID()

/** Sets the request id, and `x-request-id` on every response. */
export function requestId(): MiddlewareHandler<GatewayEnv> {
  return async function requestId(c, next) {
    const id = acceptRequestId(getHeader(c, 'x-request-id'))
    c.set('requestId', id)
    await next()
    setHeaders(c, [['x-request-id', id]])
  }
}
