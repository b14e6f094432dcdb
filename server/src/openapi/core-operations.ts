import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import type { CoreRoute } from '../procedures/core-route.ts'
import { listProcedures } from '../procedures/list-procedures.ts'
import type { ProcedureMeta } from '../procedures/procedure.ts'

/** A call that Core must implement, derived from the procedure that declares it. */
export interface CoreOperation {
  /** The procedure's path, e.g. `sessions.create`. */
  operation: string
  procedure: AnyTRPCProcedure
  route: CoreRoute
  rest: NonNullable<ProcedureMeta['openapi']>
  /** Whether the call has an idempotency key. */
  writes: boolean
}

/**
 * The distinct calls that the procedures of a router make, in order.
 * @throws Error if two procedures declare the same call, or one shares a call that none declares.
 */
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
