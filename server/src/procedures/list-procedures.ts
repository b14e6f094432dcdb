import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import { type CoreRoute, getPathParameters } from './core-caller.ts'
import type { ProcedureMeta } from './procedure.ts'

export interface NamedProcedure {
  /** E.g. `sessions.create`. */
  operation: string
  procedure: AnyTRPCProcedure
  meta: ProcedureMeta
}

export const listProcedures = (router: AnyTRPCRouter): NamedProcedure[] =>
  Object.entries<AnyTRPCProcedure>(router._def.procedures).map(([operation, procedure]) => ({
    operation,
    procedure,
    meta: procedure._def.meta as ProcedureMeta,
  }))

export interface RestRoute extends NamedProcedure {
  method: 'GET' | 'POST' | 'PATCH'
  /** In OpenAPI's notation, e.g. `/sessions/{session_id}`. */
  path: string
  pathParameters: string[]
}

export function listRestRoutes(router: AnyTRPCRouter): RestRoute[] {
  return listProcedures(router).flatMap((named) => {
    const { operation } = named
    const { openapi, alsoGet } = named.meta
    if (!openapi) return []
    const { path, method } = openapi
    if (method !== 'GET' && method !== 'POST' && method !== 'PATCH')
      throw new Error(`${operation}: no route for ${method}`)
    const route: RestRoute = { ...named, method, path, pathParameters: getPathParameters({ path }) }
    return alsoGet ? [route, { ...route, method: 'GET' }] : [route]
  })
}

/** A call that Core must implement. */
export interface CoreOperation {
  operation: string
  procedure: AnyTRPCProcedure
  route: CoreRoute
  rest: NonNullable<ProcedureMeta['openapi']>
  /** Whether the call has an idempotency key. */
  writes: boolean
}

/** @throws Error if two procedures declare the same call, or one shares a call that none declares. */
export function coreOperations(router: AnyTRPCRouter): CoreOperation[] {
  const declared = new Map<string, CoreOperation>()
  const shared: string[] = []
  for (const { operation, procedure, meta } of listProcedures(router)) {
    const { core: route, openapi: rest } = meta
    if (!route || !rest) continue
    const call = `${route.method} ${route.path}`
    if (route.sharesRoute) shared.push(call)
    else if (declared.has(call)) throw new Error(`${operation}: ${call} is declared already`)
    else declared.set(call, { operation, procedure, route, rest, writes: procedure._def.type === 'mutation' })
  }
  for (const call of shared) if (!declared.has(call)) throw new Error(`no procedure declares ${call}`)
  return [...declared.values()]
}
