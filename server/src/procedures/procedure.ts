import { issuesOf, omittedFrom } from '@achilles/mcp-contract'
import { initTRPC, type TRPCError } from '@trpc/server'
import type { OpenApiMeta } from 'trpc-to-openapi'
import { z } from 'zod'
import { ANONYMOUS, type Principal } from '../gate/principal.ts'
import { detailOf, GatewayError } from '../problem/gateway-error.ts'
import { toProblem } from '../problem/to-problem.ts'
import type { Context } from './context.ts'
import { bindCore } from './core-caller.ts'
import type { CoreRoute } from './core-route.ts'
import { runMiddlewares } from './run-middlewares.ts'
import { transformer } from './transformer.ts'

/** What a procedure says of itself beside its schemas. */
export type ProcedureMeta = OpenApiMeta<{
  /** The call to Core that it makes; without it the gateway answers by itself. */
  core?: CoreRoute
  /** Also a `GET` on the same path, its input in the query. */
  alsoGet?: true
  /** What makes it a tool of the Model Context Protocol; without it, it is none. */
  tool?: ToolMeta
}>

/** What an agent is told of a procedure beside its summary and schemas. */
interface ToolMeta {
  /** When to call it, what to call next, and its limits. */
  description: string
  /** True where the input alone makes a repeated call change nothing more. Queries never change anything. */
  repeatable?: true
}

/** The request ids of errors that happen before there is a context. */
export const requestIdOf = new WeakMap<Error, string>()

const t = initTRPC
  .context<Context>()
  .meta<ProcedureMeta>()
  .create({
    transformer,
    isDev: false,
    errorFormatter({ shape, error, ctx }) {
      const data = toProblem(error, ctx?.inbound.requestId ?? requestIdOf.get(error) ?? '')
      return { ...shape, message: data.detail, data }
    },
  })

export const { router } = t

// A procedure with a caller of its own is taken for a server action, which it is in its type alone.
const called = t.procedure.experimental_caller(runMiddlewares) as unknown as typeof t.procedure

/** Where every procedure begins: it finds `ctx.core` bound to its own request and operation. */
export const procedure = called.use(async ({ ctx, path, type, meta, batchIndex, next }) => {
  const { record } = ctx.inbound
  record.called(path)
  const principal = admit(ctx.inbound.principal, meta?.openapi?.protect !== false)
  const core = bindCore(ctx, {
    operation: path,
    route: meta?.core,
    principal,
    read: type === 'query',
    batchIndex: batchIndex ?? 0,
  })
  const result = await next({ ctx: { core } })
  if (result.ok) return result
  const error = contractViolation(result.error) ?? result.error
  if (error instanceof GatewayError && error.problem === 'CORE_CONTRACT_VIOLATION') {
    const { message, issues } = error
    const { log, metrics } = ctx.services.telemetry
    log.error({ request_id: ctx.inbound.requestId, operation: path, issues }, message)
    metrics.contractViolations.inc({ operation: path })
  }
  throw error
})

/** @throws the refusal of a stranger, where the procedure is not for everyone. */
function admit(caller: Principal | GatewayError, isProtected: boolean): Principal {
  if (!(caller instanceof GatewayError)) return caller
  if (isProtected) throw caller
  return ANONYMOUS
}

/** What tRPC calls a fault of ours, an output that fails its schema, is a fault of Core's. */
function contractViolation({ code, cause }: TRPCError): GatewayError | undefined {
  if (code !== 'INTERNAL_SERVER_ERROR' || !(cause instanceof z.core.$ZodError)) return undefined
  const [issues, issuesOmitted] = [issuesOf(cause), omittedFrom(cause)]
  const detail = `Core’s answer breaks the contract: ${detailOf(issues, issuesOmitted)}`
  return new GatewayError('CORE_CONTRACT_VIOLATION', detail, { issues, issuesOmitted })
}
