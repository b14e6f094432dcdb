import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import type { CoreRoute } from '../../../procedures/core-route.ts'
import type { ProcedureMeta } from '../../../procedures/procedure.ts'
import { proceduresOf } from '../../../procedures/procedures-of.ts'

/** One call that Core must answer, read out of the procedure that declares it. */
export interface CoreOperation {
  /** The procedure's path, e.g. `sessions.create`. */
  operation: string
  procedure: AnyTRPCProcedure
  route: CoreRoute
  /** What the same procedure says of its REST route. */
  rest: NonNullable<ProcedureMeta['openapi']>
  /** Whether it carries an idempotency key. */
  writes: boolean
}

/**
 * Every call that the procedures of a router make, each once, in their order.
 * @throws Error where two procedures declare the same call, or one borrows a call that none declares.
 */
export function coreOperations(router: AnyTRPCRouter): CoreOperation[] {
  const declared = new Map<string, CoreOperation>()
  const borrowed: string[] = []
  for (const { operation, procedure, meta } of proceduresOf(router)) {
    const { core: route, openapi: rest } = meta
    if (!route || !rest) continue
    const call = `${route.method} ${route.path}`
    if (route.borrowed) borrowed.push(call)
    else if (declared.has(call)) throw new Error(`${operation}: ${call} is declared already`)
    else declared.set(call, { operation, procedure, route, rest, writes: procedure._def.type === 'mutation' })
  }
  for (const call of borrowed) if (!declared.has(call)) throw new Error(`nobody declares ${call}`)
  return [...declared.values()]
}
