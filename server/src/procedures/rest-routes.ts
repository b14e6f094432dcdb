import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import { listProcedures } from './list-procedures.ts'

export interface RestRoute {
  /** The procedure's path, e.g. `sessions.create`. */
  operation: string
  procedure: AnyTRPCProcedure
  method: 'GET' | 'POST' | 'PATCH'
  /** In OpenAPI's notation, e.g. `/sessions/{session_id}`. */
  path: string
  pathParameters: string[]
}

export function listRestRoutes(router: AnyTRPCRouter): RestRoute[] {
  return listProcedures(router).flatMap(({ operation, procedure, meta: { openapi, alsoGet } }) => {
    if (!openapi) return []
    const { path, method } = openapi
    if (method !== 'GET' && method !== 'POST' && method !== 'PATCH')
      throw new Error(`${operation}: no route for ${method}`)
    const pathParameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    const route: RestRoute = { operation, procedure, method, path, pathParameters }
    return alsoGet ? [route, { ...route, method: 'GET' }] : [route]
  })
}
