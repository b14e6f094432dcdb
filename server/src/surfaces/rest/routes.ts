import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import { proceduresOf } from '../../procedures/procedures-of.ts'

/** One REST operation, read out of a procedure's metadata. */
export interface RestRoute {
  /** The procedure's path, e.g. `sessions.create`. */
  operation: string
  procedure: AnyTRPCProcedure
  method: 'GET' | 'POST' | 'PATCH'
  /** As OpenAPI writes it, e.g. `/sessions/{session_id}`. */
  path: string
  pathParameters: string[]
}

/** Where every REST operation lies. */
export const REST_BASE = '/api/achilles/v1/mcp'

/** Every REST operation of a router, in the order of its procedures. */
export function restRoutes(router: AnyTRPCRouter): RestRoute[] {
  return proceduresOf(router).flatMap(({ operation, procedure, meta: { openapi, alsoGet } }) => {
    if (!openapi) return []
    const { path, method } = openapi
    if (method !== 'GET' && method !== 'POST' && method !== 'PATCH')
      throw new Error(`${operation}: no route for ${method}`)
    const pathParameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    const route: RestRoute = { operation, procedure, method, path, pathParameters }
    return alsoGet ? [route, { ...route, method: 'GET' }] : [route]
  })
}
