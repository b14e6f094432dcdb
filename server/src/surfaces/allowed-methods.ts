import type { Hono } from 'hono'
import type { GatewayEnv } from '../http/env.ts'

const METHODS = ['GET', 'POST', 'PATCH'] as const

/** The methods routed for a path, with `HEAD` wherever there is `GET`; empty for an unknown path. */
export function allowedMethods(app: Hono<GatewayEnv>, path: string): string[] {
  return METHODS.filter((method) => {
    const [matches] = app.router.match(method, path)
    return matches.some(([[, route]]) => route.method === method)
  }).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
}
