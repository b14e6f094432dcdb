import type { AgentSource } from '@achilles/agent-sources'
import { Hono } from 'hono'
import { GatewayError } from './errors/gateway-error.ts'
import { problemResponse, reportFailure, toGatewayError } from './errors/to-problem.ts'
import type { GatewayEnv } from './http/env.ts'
import { recheck } from './middleware/authenticate.ts'
import { createMiddleware, type MiddlewareOptions } from './middleware/index.ts'
import type { Services } from './procedures/context.ts'
import { mountMcp } from './surfaces/mcp/adapter.ts'
import { mountOtlp } from './surfaces/otlp/adapter.ts'
import { mountDocs } from './surfaces/pages/reference.ts'
import { mountProbes } from './surfaces/probes/index.ts'
import { mountProtectedResource } from './surfaces/protected-resource/index.ts'
import { mountRest } from './surfaces/rest/adapter.ts'
import { PING_MS, type StreamingOptions } from './surfaces/streams/event-stream.ts'
import { mountTrpc } from './surfaces/trpc/adapter.ts'
import { countNativeCalls } from './surfaces/trpc/named-procedures.ts'

export interface AppOptions extends MiddlewareOptions {
  /** Whether `credentials` include API keys. */
  apiKeys: boolean
  tokenIssuer: string | undefined
  /** Default: the origin of each request. */
  publicUrl?: string | undefined
  /** Time between two pings of a stream, in milliseconds. Default: 15 seconds. */
  pingMs?: number | undefined
  /** The agents whose logs and traces are stored. */
  agentSources: readonly AgentSource[]
}

export function createApp(
  services: Services,
  { apiKeys, tokenIssuer, publicUrl, agentSources, pingMs = PING_MS, ...middlewareOptions }: AppOptions,
): Hono<GatewayEnv> {
  const { health, telemetry } = services
  const app = new Hono<GatewayEnv>()
  app.use(...createMiddleware(middlewareOptions, { health, telemetry, countCalls: countNativeCalls }))
  mountProbes(app, health)
  const streaming: StreamingOptions = {
    recheck: (c) => recheck(c, middlewareOptions.credentials),
    pingMs: pingMs,
  }
  mountRest(app, services, streaming)
  const trpc = mountTrpc(app, services, streaming)
  mountMcp(app, services, { ...streaming, corsOrigins: middlewareOptions.corsOrigins })
  const otlp = mountOtlp(app, services, agentSources)
  const { loopbackOnly } = middlewareOptions
  mountDocs(app, { publicUrl, access: { apiKeys, tokenIssuer, loopbackOnly } })
  if (tokenIssuer !== undefined) mountProtectedResource(app, { issuer: tokenIssuer, publicUrl })

  app.notFound((c) => {
    const allow = allowedMethods(app, c.req.path).join(', ')
    if (!allow) throw new GatewayError('NOT_FOUND', `There is no route at ${c.req.path}.`)
    throw new GatewayError('METHOD_NOT_SUPPORTED', `${c.req.path} supports ${allow}, not ${c.req.method}.`, {
      headers: { allow },
    })
  })
  app.onError((error, c) => {
    if (error instanceof GatewayError && trpc.owns(c)) return trpc.respondWithError(c, error)
    const problem = reportFailure(error, {
      requestId: c.get('requestId'),
      record: c.get('record'),
      log: telemetry.log,
      where: { path: c.req.routePath },
    })
    const { headers } = toGatewayError(error)
    return otlp.owns(c) ? otlp.toErrorResponse(c, problem, headers) : problemResponse(problem, headers)
  })
  return app
}

const METHODS = ['GET', 'POST', 'PATCH'] as const

/** Includes `HEAD` wherever there is `GET`; empty for an unknown path. */
function allowedMethods(app: Hono<GatewayEnv>, path: string): string[] {
  return METHODS.filter((method) => {
    const [matches] = app.router.match(method, path)
    return matches.some(([[, route]]) => route.method === method)
  }).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
}
