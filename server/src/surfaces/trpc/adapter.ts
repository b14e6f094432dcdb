import { resolveResponse } from '@trpc/server/http'
import type { Hono } from 'hono'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { GatewayContext, GatewayEnv } from '../../http/env.ts'
import { isJsonMediaType } from '../../http/headers.ts'
import { PATHS } from '../../http/paths.ts'
import { readBody } from '../../http/read-body.ts'
import type { Services } from '../../procedures/context.ts'
import { appRouter } from '../../procedures/router.ts'
import { toTrpcError } from '../../procedures/to-trpc-error.ts'
import type { StreamingOptions } from '../streams/event-stream.ts'
import { MAX_BATCH_CALLS, namedProcedures } from './named-procedures.ts'
import { handlePlainCalls, PROCEDURES, toPlainCalls } from './plain-calls.ts'
import { findSubscription, handleSubscription } from './subscriptions.ts'
import { createContext, getResponseHeaders, reportError } from './trpc-call.ts'

export interface TrpcSurface {
  /** Whether the caller expects errors in tRPC's format. */
  owns(c: GatewayContext): boolean
  /** Responds to every call of a request with an error that occurred before tRPC handled it. */
  respondWithError(c: GatewayContext, error: GatewayError): Promise<Response>
}

export function mountTrpc(app: Hono<GatewayEnv>, services: Services, streaming: StreamingOptions): TrpcSurface {
  const respond = (c: GatewayContext, error: GatewayError | null) => {
    const path = c.req.path.slice(PATHS.trpc.length + 1)
    const subscription = findSubscription(c, path)
    return subscription
      ? handleSubscription(c, subscription, { error, services, streaming })
      : handleTrpc(c, { path, error, services })
  }
  app.all(`${PATHS.trpc}/*`, (c) => respond(c, findRejection(c)))
  return { owns: (c) => c.req.path.startsWith(`${PATHS.trpc}/`), respondWithError: respond }
}

interface TrpcRequest {
  path: string
  /** Rejects every call of the request. */
  error: GatewayError | null
  services: Services
}

function handleTrpc(c: GatewayContext, { path, error, services }: TrpcRequest): Promise<Response> {
  const calls = error === null ? toPlainCalls(c, path, MAX_BATCH_CALLS) : undefined
  if (calls) return handlePlainCalls(c, calls, services)
  return resolveResponse({
    req: error === null ? boundedRequest(c, services.maxBodyBytes) : rejectedRequest(c),
    path,
    router: appRouter,
    error: error && toTrpcError(error),
    allowMethodOverride: true,
    maxBatchSize: MAX_BATCH_CALLS,
    createContext: async ({ info }) => createContext(c, services, info.calls.length),
    onError: ({ error, path: operation }) => reportError(c, services, { error, operation }),
    responseMeta: ({ errors }) => ({
      headers: { 'content-type': 'application/json', ...getResponseHeaders(errors) },
    }),
  })
}

/** The error for a method or content type that tRPC would reject in its own way, or would parse differently. */
function findRejection(c: GatewayContext): GatewayError | null {
  const { method } = c.req
  if (method === 'GET' || method === 'HEAD') return null
  if (method !== 'POST' || findSubscription(c, c.req.path.slice(PATHS.trpc.length + 1))) return wrongMethod(c)
  if (isJsonMediaType(c.req.header('content-type'))) return null
  return new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json.')
}

const ALLOWED_METHODS = { query: 'GET, HEAD, POST', mutation: 'POST', subscription: 'GET, HEAD' }

/** 405 with the methods that all named procedures support; 404 if none of them exists. */
function wrongMethod(c: GatewayContext): GatewayError {
  const { path, method } = c.req
  const types = namedProcedures(c).flatMap((name) => PROCEDURES.get(name)?.procedure._def.type ?? [])
  if (types.length === 0) return new GatewayError('NOT_FOUND', `There is no procedure at ${path}.`)
  const [first = 'mutation'] = types
  const allow = ALLOWED_METHODS[types.every((type) => type === first) ? first : 'mutation']
  return new GatewayError('METHOD_NOT_SUPPORTED', `${path} supports ${allow}, not ${method}.`, { headers: { allow } })
}

/**
 * The request passed to tRPC in place of a rejected one, so that it writes the error for each call. With the caller's
 * method, content type or `trpc-accept`, tRPC would send another error, a 204 or a stream with status 200.
 */
const rejectedRequest = (c: GatewayContext) => new Request(c.req.url)

/** The request as tRPC reads it: its body is limited, `+json` is JSON, and `HEAD` is `GET` (Hono omits the response's body). */
function boundedRequest(c: GatewayContext, limit: number): Request {
  const { method, url, signal, headers: original } = c.req.raw
  const headers = new Headers(original)
  if (isJsonMediaType(original.get('content-type') ?? undefined)) headers.set('content-type', 'application/json')
  if (method !== 'POST') return new Request(url, { headers, signal })
  const pull = async (controller: ReadableStreamDefaultController) => {
    controller.enqueue(new TextEncoder().encode(await readBody(c, limit)))
    controller.close()
  }
  // Read lazily, after authentication: bodies of unauthenticated callers are never read.
  const body = new ReadableStream({ pull }, { highWaterMark: 0 })
  return new Request(url, { method, headers, signal, body, duplex: 'half' })
}
