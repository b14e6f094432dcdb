import type { Context, MiddlewareHandler } from 'hono'
import { secureHeaders as honoSecureHeaders } from 'hono/secure-headers'
import type { GatewayEnv } from '../http/env.ts'
import { type Header, setHeaders } from '../http/headers.ts'

/** Sets Hono's security headers on every response. They are constant, so Hono's middleware runs only once. */
export function secureHeaders(): MiddlewareHandler<GatewayEnv> {
  const res = new Response()
  // The gateway serves plain HTTP; HSTS is set where TLS ends.
  const ready = honoSecureHeaders({ strictTransportSecurity: false })({ res } as Context, async () => {})
  let headers: Header[]
  return async function secureHeaders(c, next) {
    if (!headers) {
      await ready
      headers = [...res.headers]
    }
    await next()
    setHeaders(c, headers)
  }
}
