import type { Hono } from 'hono'
import type { GatewayEnv } from '../gate/gateway-env.ts'

const METHODS = ['GET', 'POST', 'PATCH'] as const

/** The methods that a path has a route for, `HEAD` wherever there is `GET`; none for a path that nobody knows. */
export function allowedMethods(app: Hono<GatewayEnv>, path: string): string[] {
  return METHODS.filter((method) => {
    const [matches] = app.router.match(method, path)
    return matches.some(([[, route]]) => route.method === method)
  }).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
}
