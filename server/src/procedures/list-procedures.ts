import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import type { ProcedureMeta } from './procedure.ts'

export interface NamedProcedure {
  /** The procedure's path, e.g. `sessions.create`. */
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
