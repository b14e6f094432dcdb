import type { MiddlewareHandler } from 'hono'
import type { GatewayEnv, Preference } from '../http/env.ts'

/**
 * Reads `Prefer: handling=lenient`, and sends `Preference-Applied` if a procedure has applied it.
 * @see https://www.rfc-editor.org/rfc/rfc7240#section-4.4
 */
export function preferLenient(): MiddlewareHandler<GatewayEnv> {
  return async function preferLenient(c, next) {
    if (!prefersLenient(c.req.header('prefer'))) return next()
    const preference: Preference = { handling: 'lenient', applied: false }
    c.set('preference', preference)
    await next()
    if (preference.applied) c.res.headers.set('preference-applied', 'handling=lenient')
  }
}

/** The first `handling` counts (RFC 7240, section 2). */
export function prefersLenient(header = ''): boolean {
  for (const preference of header.split(',')) {
    const [assignment = ''] = preference.split(';')
    const [name = '', value = ''] = assignment.split('=')
    if (name.trim().toLowerCase() === 'handling') return /^"?lenient"?$/i.test(value.trim())
  }
  return false
}
