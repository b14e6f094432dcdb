import { resolveResponse } from '@trpc/server/http'
import type { GatewayContext } from '../../gate/gateway-env.ts'
import { headerOf } from '../../gate/header-of.ts'
import { isJsonMediaType } from '../../gate/media-type.ts'
import { readBody } from '../../gate/read-body.ts'
import { GatewayError } from '../../problem/gateway-error.ts'
import type { Services } from '../../procedures/context.ts'
import { appRouter } from '../../procedures/router.ts'
import { answerPlainCalls, plainCallsOf } from './plain-calls.ts'
import { contextOf, headersFor, reportError } from './trpc-call.ts'

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
  const calls = error === null ? plainCallsOf(c, path, MAX_BATCH_CALLS) : undefined
  if (calls) return answerPlainCalls(c, calls, services)
  return resolveResponse({
    req: boundedRequest(c, services.maxBodyBytes),
    path,
    router: appRouter,
    error,
    allowMethodOverride: true,
    maxBatchSize: MAX_BATCH_CALLS,
    createContext: async ({ info }) => contextOf(c, services, info.calls.length),
    onError: ({ error, path: operation }) => reportError(c, services, { error, operation }),
    responseMeta: ({ errors }) => ({
      headers: { 'content-type': 'application/json', ...headersFor(errors) },
    }),
  })
}

/** The error of a request whose body tRPC would read in a way of its own. */
export function refusal(c: GatewayContext): GatewayError | null {
  if (c.req.method !== 'POST' || isJsonMediaType(headerOf(c, 'content-type'))) return null
  return new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json.')
}

/** The same request to tRPC, but its body is read within the gate's limit, and `+json` is JSON. */
function boundedRequest(c: GatewayContext, limit: number): Request {
  const { raw } = c.req
  Object.defineProperty(raw, 'text', { value: () => readBody(c, limit) })
  const contentType = headerOf(c, 'content-type')
  if (isJsonMediaType(contentType) && !contentType?.startsWith('application/json')) {
    const headers = new Headers(raw.headers)
    headers.set('content-type', 'application/json')
    Object.defineProperty(raw, 'headers', { value: headers })
  }
  return raw
}
