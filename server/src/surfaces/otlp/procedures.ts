import type {
  EventBatchResponse,
  MCPEventBatch,
  MCPProjectResolve,
  MCPSessionCreate,
  MCPSessionUpdate,
  ProjectResolveResponse,
  SessionOut,
} from '@achilles/mcp-contract'
import { callTRPCProcedure } from '@trpc/server'
import { toGatewayError } from '../../errors/to-problem.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { Services } from '../../procedures/context.ts'
import { appRouter } from '../../procedures/router.ts'

/** The procedures that this surface calls. They throw a `GatewayError`. */
export interface Procedures {
  resolveProject(input: MCPProjectResolve): Promise<ProjectResolveResponse>
  createSession(input: MCPSessionCreate): Promise<SessionOut>
  updateSession(input: MCPSessionUpdate): Promise<SessionOut>
  /** Events that the gateway finds invalid are in `failed`. */
  ingestBatch(input: MCPEventBatch): Promise<EventBatchResponse>
}

/** Calls procedures as part of one request. */
export function bindProcedures(services: Services, inbound: RequestContext): Procedures {
  // One request makes several calls, and Core would reject their bodies under one key.
  const { 'idempotency-key': _, ...headers } = inbound.headers
  const call = async (path: string, input: unknown) => {
    try {
      return await callTRPCProcedure({
        router: appRouter,
        path,
        type: 'mutation',
        getRawInput: async () => input,
        ctx: {
          services,
          inbound: { ...inbound, headers, preference: { handling: 'lenient', applied: false } },
          raw: {},
        },
        signal: undefined,
        batchIndex: 0,
      })
    } catch (error) {
      throw toGatewayError(error)
    }
  }
  return {
    resolveProject: (input) => call('projects.resolve', input),
    createSession: (input) => call('sessions.create', input),
    updateSession: (input) => call('sessions.update', input),
    ingestBatch: (input) => call('signals.ingestBatch', input),
  }
}
