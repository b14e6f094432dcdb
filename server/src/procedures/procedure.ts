import { omittedFrom, type Problem, toIssues } from '@achilles/mcp-contract'
import { initTRPC, type TRPCError } from '@trpc/server'
import type { OpenApiMeta } from 'trpc-to-openapi'
import { z } from 'zod'
import { formatIssues, GatewayError } from '../errors/gateway-error.ts'
import { toProblem } from '../errors/to-problem.ts'
import { ANONYMOUS, type Principal } from '../http/principal.ts'
import type { RequestContext } from '../http/request-context.ts'
import type { Context } from './context.ts'
import { bindCore, type CoreRoute } from './core-caller.ts'
import { runMiddlewares } from './run-middlewares.ts'
import { toTrpcError } from './to-trpc-error.ts'
import { transformer } from './transformer.ts'

export type ProcedureMeta = OpenApiMeta<{
  /** The call to Core; absent if the procedure makes none. */
  core?: CoreRoute
  /** Adds a `GET` on the same path, with the input as query parameters. */
  alsoGet?: true
  /** For a subscription: the name and the schema of its events over REST. */
  stream?: { event: string; item: z.ZodType }
  /** Exposes the procedure as an MCP tool; absent if it is none. */
  tool?: ToolMeta
}>

interface ToolMeta {
  /** For the model: when to call the tool, what to call next, and its limits. */
  description: string
  /** True if repeating a call with the same input changes nothing more. Queries need not set it. */
  repeatable?: true
  /** True if an agent needs the tool to record its work. */
  records?: true
  /** The arguments of an agent's call. */
  example?: object
}

/** The problems of reported errors, for the error formatter. */
export const problems = new WeakMap<Error, Problem>()

const t = initTRPC
  .context<Context>()
  .meta<ProcedureMeta>()
  .create({
    transformer,
    isDev: false,
    errorFormatter({ shape, error, ctx }) {
      const data = problems.get(error) ?? toProblem(error, ctx?.inbound.requestId ?? '')
      return { ...shape, message: data.detail, data }
    },
  })

export const { router } = t

// tRPC types a procedure with its own caller as a server action; at runtime it stays a procedure.
const baseProcedure = t.procedure.experimental_caller(runMiddlewares) as unknown as typeof t.procedure

/** The base of every procedure: authenticates, and provides `ctx.core` bound to the request and operation. */
export const procedure = baseProcedure.use(async ({ ctx, path, type, meta, batchIndex, next }) => {
  const { record } = ctx.inbound
  record.addProcedure(path)
  const principal = requirePrincipal(ctx.inbound.principal, meta?.openapi?.protect !== false)
  const idempotencyKey = getIdempotencyKey(ctx.inbound, batchIndex ?? 0)
  const core = bindCore(ctx, {
    operation: path,
    route: meta?.core,
    principal,
    read: type !== 'mutation',
    idempotencyKey,
  })
  const result = await next({ ctx: { core, idempotencyKey, principal } })
  if (result.ok) return result
  const error = contractViolation(result.error) ?? result.error.cause
  if (error instanceof GatewayError && error.problem === 'CORE_CONTRACT_VIOLATION') {
    const { message, issues } = error
    const { log, metrics } = ctx.services.telemetry
    log.error({ request_id: ctx.inbound.requestId, operation: path, issues }, message)
    metrics.contractViolations.inc({ operation: path })
  }
  throw error instanceof GatewayError ? toTrpcError(error) : result.error
})

/** The calls of a native batch share their headers. */
function getIdempotencyKey({ headers, calls }: RequestContext, batchIndex: number): string | undefined {
  const { 'idempotency-key': key } = headers
  return key !== undefined && calls > 1 ? `${key}-${batchIndex}` : key
}

/** @throws TRPCError 401 or 403 for an unauthenticated caller of a protected procedure. */
function requirePrincipal(caller: Principal | GatewayError, isProtected: boolean): Principal {
  if (!(caller instanceof GatewayError)) return caller
  if (isProtected) throw toTrpcError(caller)
  return ANONYMOUS
}

/** An output that fails its schema, which tRPC reports as an internal error, is a contract violation by Core. */
function contractViolation({ code, cause }: TRPCError): GatewayError | undefined {
  if (code !== 'INTERNAL_SERVER_ERROR' || !(cause instanceof z.core.$ZodError)) return undefined
  const [issues, issuesOmitted] = [toIssues(cause), omittedFrom(cause)]
  const detail = `Core’s response violates the contract: ${formatIssues(issues, issuesOmitted)}`
  return new GatewayError('CORE_CONTRACT_VIOLATION', detail, { issues, issuesOmitted })
}
