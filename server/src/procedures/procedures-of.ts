import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import type { ProcedureMeta } from './procedure.ts'

/** A procedure and what it says of itself. */
export interface NamedProcedure {
  /** Its path, e.g. `sessions.create`. */
  operation: string
  procedure: AnyTRPCProcedure
  meta: ProcedureMeta
}

/** Every procedure of a router, in their order. */
export const proceduresOf = (router: AnyTRPCRouter): NamedProcedure[] =>
  Object.entries<AnyTRPCProcedure>(router._def.procedures).map(([operation, procedure]) => ({
    operation,
    procedure,
    meta: procedure._def.meta as ProcedureMeta,
  }))
