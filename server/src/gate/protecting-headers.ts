import type { Context, MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import type { GatewayEnv } from './gateway-env.ts'
import { type Header, sayHeaders } from './say-headers.ts'

/** Says on every answer what keeps browsers from misusing it. They are the same each time: Hono is asked for them once. */
export function protectingHeaders(): MiddlewareHandler<GatewayEnv> {
  const res = new Response()
  // Transport security is for whoever ends TLS; the gateway speaks plain HTTP.
  const asked = secureHeaders({ strictTransportSecurity: false })({ res } as Context, async () => {})
  let headers: Header[]
  return async function protectingHeaders(c, next) {
    if (!headers) {
      await asked
      headers = [...res.headers]
    }
    await next()
    sayHeaders(c, headers)
  }
}
