import type { GatewayContext } from './gateway-env.ts'

/**
 * A header of the request, by its name in lower case; said twice, the values are joined by `, `. Read where Node keeps
 * them: Hono would first make `Headers` of all of them.
 */
export function headerOf(c: GatewayContext, name: string): string | undefined {
  const { incoming } = c.env ?? {}
  return incoming ? (incoming.headers[name] as string | undefined) : c.req.header(name)
}
