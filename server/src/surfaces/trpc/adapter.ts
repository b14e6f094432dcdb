import { resolveResponse } from '@trpc/server/http'
import type { GatewayContext } from '../../gate/gateway-env.ts'
import { headerOf } from '../../gate/header-of.ts'
import { isJsonMediaType } from '../../gate/media-type.ts'
import { readBody } from '../../gate/read-body.ts'
import { GatewayError } from '../../problem/gateway-error.ts'
import type { Services } from '../../procedures/context.ts'
import { appRouter } from '../../procedures/router.ts'
import { MAX_BATCH_CALLS } from './limits.ts'
import { namedProcedures } from './named-procedures.ts'
import { answerPlainCalls, PROCEDURES, plainCallsOf } from './plain-calls.ts'
import { contextOf, headersFor, reportError } from './trpc-call.ts'

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
    req: error === null ? boundedRequest(c, services.maxBodyBytes) : rejectedRequest(c),
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

/** The error of a request that tRPC would reject in a way of its own, or whose body it would read in one. */
export function refusal(c: GatewayContext): GatewayError | null {
  const { method } = c.req
  if (method === 'GET' || method === 'HEAD') return null
  if (method !== 'POST') return wrongMethod(c)
  if (isJsonMediaType(headerOf(c, 'content-type'))) return null
  return new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json.')
}

/** 405 with the methods that all the procedures named have in common; 404 where none of them exists. */
function wrongMethod(c: GatewayContext): GatewayError {
  const { path, method } = c.req
  const types = namedProcedures(c).flatMap((name) => PROCEDURES.get(name)?.procedure._def.type ?? [])
  if (types.length === 0) return new GatewayError('NOT_FOUND', `There is nothing at ${path}.`)
  const allow = types.every((type) => type === 'query') ? 'GET, HEAD, POST' : 'POST'
  return new GatewayError('METHOD_NOT_SUPPORTED', `${path} answers ${allow}, not ${method}.`, { headers: { allow } })
}

/**
 * What tRPC is given of a rejected request, so that it writes the error for each call: the path alone. With the caller's
 * method, content type or `trpc-accept` it would answer another error, 204 or a stream of status 200.
 */
const rejectedRequest = (c: GatewayContext) => new Request(c.req.url)

/** The same request to tRPC, but its body is read within the gate's limit, `+json` is JSON, and `HEAD` a `GET`. */
function boundedRequest(c: GatewayContext, limit: number): Request {
  const { raw } = c.req
  // Hono leaves the body out of the response.
  if (raw.method === 'HEAD') Object.defineProperty(raw, 'method', { value: 'GET' })
  Object.defineProperty(raw, 'text', { value: () => readBody(c, limit) })
  const contentType = headerOf(c, 'content-type')
  if (isJsonMediaType(contentType) && !contentType?.startsWith('application/json')) {
    const headers = new Headers(raw.headers)
    headers.set('content-type', 'application/json')
    Object.defineProperty(raw, 'headers', { value: headers })
  }
  return raw
}
