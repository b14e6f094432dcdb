import { resolveResponse } from '@trpc/server/http'
import type { GatewayContext } from '../../gate/gateway-env.ts'
import { inboundOf } from '../../gate/inbound.ts'
import { isJsonMediaType } from '../../gate/media-type.ts'
import { readBody } from '../../gate/read-body.ts'
import { GatewayError } from '../../problem/gateway-error.ts'
import { toGatewayError, toProblem } from '../../problem/to-problem.ts'
import type { Context, Services } from '../../procedures/context.ts'
import { requestIdOf } from '../../procedures/procedure.ts'
import { appRouter } from '../../procedures/router.ts'

/** How many calls one native batch may hold. */
const MAX_BATCH_CALLS = 20

/** A native request: the path of its procedures, and the error that refuses all of them, if any. */
interface TrpcRequest {
  path: string
  error: GatewayError | null
  services: Services
}

/** Answers a native request, batches included. Everything that is refused is refused in tRPC's own shape. */
export function answerTrpc(c: GatewayContext, { path, error, services }: TrpcRequest): Promise<Response> {
  const requestId = c.get('requestId')
  return resolveResponse({
    req: boundedRequest(c, services.maxBodyBytes),
    path,
    router: appRouter,
    error,
    allowMethodOverride: true,
    maxBatchSize: MAX_BATCH_CALLS,
    createContext: async ({ info }): Promise<Context> => ({
      services,
      inbound: inboundOf(c, info.calls.length),
      onAnswer: undefined,
    }),
    onError({ error, path }) {
      requestIdOf.set(error, requestId)
      c.get('record').failed(toProblem(error, requestId))
      if (error.code === 'INTERNAL_SERVER_ERROR') {
        services.telemetry.log.error(
          { request_id: requestId, operation: path, err: error.cause ?? error },
          'a fault of ours',
        )
      }
    },
    responseMeta: ({ errors }) => ({
      headers: new Headers({
        'cache-control': 'no-store',
        'content-type': 'application/json',
        ...Object.assign({}, ...errors.map((error) => toGatewayError(error).headers)),
      }),
    }),
  })
}

/** The error of a request whose body tRPC would read in a way of its own. */
export function refusal(c: GatewayContext): GatewayError | null {
  if (c.req.method !== 'POST' || isJsonMediaType(c.req.header('content-type'))) return null
  return new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json.')
}

/** The same request to tRPC, but its body is read within the gate's limit, and `+json` is JSON. */
function boundedRequest(c: GatewayContext, limit: number): Request {
  const { raw } = c.req
  Object.defineProperty(raw, 'text', { value: () => readBody(c, limit) })
  const contentType = c.req.header('content-type')
  if (isJsonMediaType(contentType) && !contentType?.startsWith('application/json')) {
    const headers = new Headers(raw.headers)
    headers.set('content-type', 'application/json')
    Object.defineProperty(raw, 'headers', { value: headers })
  }
  return raw
}
