import { randomUUID } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import type { GatewayEnv } from '../http/env.ts'

const VALID_ID = /^[\x21-\x7e]{1,128}$/

export const acceptRequestId = (given: string | undefined): string =>
  given !== undefined && VALID_ID.test(given) ? given : randomUUID()

/** Also sends the id as `x-request-id` on every response. */
export function requestId(): MiddlewareHandler<GatewayEnv> {
  return async function requestId(c, next) {
    const id = acceptRequestId(c.req.header('x-request-id'))
    c.set('requestId', id)
    c.set('receivedAt', Date.now())
    await next()
    c.res.headers.set('x-request-id', id)
  }
}
