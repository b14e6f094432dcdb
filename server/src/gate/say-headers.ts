import type { GatewayContext } from './gateway-env.ts'

/**
 * Adds headers to the answer, whatever it will be. Where there is a socket they wait on Node's side of it, since to add
 * them to a `Response` costs as much as to make it.
 * @param headers by names in lower case
 */
export function sayHeaders(c: GatewayContext, headers: Readonly<Record<string, string>>): void {
  const { outgoing } = c.env ?? {}
  for (const [name, value] of Object.entries(headers)) {
    if (outgoing) outgoing.setHeader(name, value)
    else c.res.headers.set(name, value)
  }
}
