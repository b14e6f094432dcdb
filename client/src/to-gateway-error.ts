import { GatewayError, isGatewayError, isProblem, localError } from './gateway-error.ts'

/** Whatever tRPC's links reject with, as what it is: the gateway's problem, or a failure found on the way. */
export function toGatewayError(error: unknown): GatewayError {
  const { cause, data, meta, message } = error as TRPCFailure
  if (isGatewayError(cause)) return cause
  if (isProblem(data)) return new GatewayError(data, { cause: error, retryAfterMs: meta?.response?.retryAfterMs })
  return localError('BAD_GATEWAY', `The response is not a gateway’s: ${message}`, { cause: error })
}

/** The slice of a `TRPCClientError` that is used; `meta.response` is what `gatewayFetch` answered. */
interface TRPCFailure extends Error {
  data?: unknown
  meta?: { response?: { retryAfterMs?: number | undefined } }
}
