import type { TRPCError } from '@trpc/server'
import type { GatewayContext } from '../../gate/gateway-env.ts'
import { inboundOf } from '../../gate/inbound.ts'
import { toGatewayError, toProblem } from '../../problem/to-problem.ts'
import type { Context, Services } from '../../procedures/context.ts'
import { requestIdOf } from '../../procedures/procedure.ts'

/**
 * What the procedures of a native request are called with.
 * @param calls how many it holds
 * @throws GatewayError 400 as `inboundOf` does.
 */
export const contextOf = (
  c: GatewayContext,
  services: Services,
  calls: number,
  writtenInput?: Context['writtenInput'],
): Context => ({
  services,
  inbound: inboundOf(c, calls),
  writtenInput,
  onAnswer: undefined,
})

/** Tells the request's record, and where it is a fault of ours the log, of a call that failed. */
export function reportError(
  c: GatewayContext,
  { telemetry }: Services,
  { error, operation }: { error: TRPCError; operation: string | undefined },
): void {
  const requestId = c.get('requestId')
  requestIdOf.set(error, requestId)
  c.get('record').failed(toProblem(error, requestId))
  if (error.code !== 'INTERNAL_SERVER_ERROR') return
  telemetry.log.error({ request_id: requestId, operation, err: error.cause ?? error }, 'a fault of ours')
}

/** The headers of an answer, beside the type of its content. */
export const headersFor = (errors: readonly TRPCError[]): Record<string, string> =>
  Object.assign({ 'cache-control': 'no-store' }, ...errors.map((error) => toGatewayError(error).headers))
