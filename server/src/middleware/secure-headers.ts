import { Hono, type MiddlewareHandler } from 'hono'
import { secureHeaders as honoSecureHeaders } from 'hono/secure-headers'
import type { GatewayEnv } from '../http/env.ts'
import { type Header, setHeaders } from '../http/headers.ts'

/** Sets Hono's security headers. They are constant, so Hono's middleware runs only once. */
export function secureHeaders(): MiddlewareHandler<GatewayEnv> {
  // Without HSTS: the gateway serves plain HTTP, and TLS ends in front of it.
  const app = new Hono().use(honoSecureHeaders({ strictTransportSecurity: false })).get('/', (c) => c.body(null))
  const ready = app.request('/')
  let headers: Header[]
  return async function secureHeaders(c, next) {
    headers ??= [...(await ready).headers]
    await next()
    setHeaders(c, headers)
  }
}
