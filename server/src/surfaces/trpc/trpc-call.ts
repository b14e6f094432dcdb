import type { TRPCError } from '@trpc/server'
import { reportFailure, toGatewayError } from '../../errors/to-problem.ts'
import type { GatewayContext } from '../../http/env.ts'
import { getRequestContext } from '../../http/request-context.ts'
import type { Context, Services } from '../../procedures/context.ts'
import { problems } from '../../procedures/procedure.ts'
import { toTrpcError } from '../../procedures/to-trpc-error.ts'

/**
 * Creates the tRPC context of a native request.
 * @param calls the number of calls in the request
 * @throws TRPCError 400 as `getRequestContext` does.
 */
export function createContext(c: GatewayContext, services: Services, calls: number): Context {
  try {
    return { services, inbound: getRequestContext(c, calls), raw: {} }
  } catch (error) {
    throw toTrpcError(error)
  }
}

export function reportError(
  c: GatewayContext,
  { telemetry: { log } }: Services,
  { error, operation }: { error: TRPCError; operation: string | undefined },
): void {
  const request = { requestId: c.get('requestId'), record: c.get('record'), log, where: { operation } }
  problems.set(error, reportFailure(error, request))
}

/** The headers of a response, without `content-type`. */
export const getResponseHeaders = (errors: readonly TRPCError[]): Record<string, string> =>
  Object.assign({ 'cache-control': 'no-store' }, ...errors.map((error) => toGatewayError(error).headers))
