import type { GatewayContext } from './gateway-env.ts'

/** A name in lower case, and its value. */
export type Header = [name: string, value: string]

/**
 * Adds headers to the answer, whatever it will be. Where there is a socket they wait on Node's side of it, since to add
 * them to a `Response` costs as much as to make it.
 */
export function sayHeaders(c: GatewayContext, headers: readonly Header[]): void {
  const { outgoing } = c.env ?? {}
  for (const [name, value] of headers) {
    if (outgoing) outgoing.setHeader(name, value)
    else c.res.headers.set(name, value)
  }
}
