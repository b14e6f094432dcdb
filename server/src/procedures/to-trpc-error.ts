import { getTRPCErrorFromUnknown, TRPCError } from '@trpc/server'
import { GatewayError } from '../errors/gateway-error.ts'

/** A `GatewayError` keeps its status and becomes the cause. */
export function toTrpcError(error: unknown): TRPCError {
  const cause = error instanceof TRPCError ? error.cause : error
  if (!(cause instanceof GatewayError)) return getTRPCErrorFromUnknown(error)
  // tRPC has no code for contract violations.
  const code = cause.problem === 'CORE_CONTRACT_VIOLATION' ? 'BAD_GATEWAY' : cause.problem
  return new TRPCError({ code, message: cause.message, cause })
}
