import { Hono } from 'hono'
import { type GateOptions, gate } from './gate/gate.ts'
import type { GatewayEnv } from './gate/gateway-env.ts'
import { GatewayError } from './problem/gateway-error.ts'
import { problemResponse } from './problem/problem-response.ts'
import { toProblem } from './problem/to-problem.ts'
import type { Services } from './procedures/context.ts'
import { allowedMethods } from './surfaces/allowed-methods.ts'
import { mountDocs } from './surfaces/docs/index.ts'
import { mountLanding } from './surfaces/landing/index.ts'
import { mountMcp } from './surfaces/mcp/index.ts'
import { mountProbes } from './surfaces/probes/index.ts'
import { mountProtectedResource } from './surfaces/protected-resource/index.ts'
import { mountRest } from './surfaces/rest/index.ts'
import { surfaceOf } from './surfaces/surface-of.ts'
import { mountTrpc } from './surfaces/trpc/index.ts'
import { countNativeCalls } from './surfaces/trpc/named-procedures.ts'

/** What differs between gateways beside their services. */
export interface AppOptions extends GateOptions {
  /** Who issues the tokens taken here, if any are. */
  tokenIssuer: string | undefined
  /** Where callers reach the gateway; absent: the origin that each request names. */
  publicUrl?: string | undefined
  /**
   * Whether `/` is a page for people.
   * @default true
   */
  landing?: boolean | undefined
}

/** Every route of the gateway as one Hono app. */
export function createApp(
  services: Services,
  { tokenIssuer, publicUrl, landing = true, ...gateOptions }: AppOptions,
): Hono<GatewayEnv> {
  const { health, telemetry } = services
  const app = new Hono<GatewayEnv>()
  app.use(...gate(gateOptions, { health, telemetry, surfaceOf, countCalls: countNativeCalls }))
  mountProbes(app, health)
  mountRest(app, services)
  const trpc = mountTrpc(app, services)
  mountMcp(app, services, gateOptions.corsOrigins)
  mountDocs(app, publicUrl)
  if (landing) mountLanding(app, { wantsKey: gateOptions.credentials !== undefined })
  if (tokenIssuer !== undefined) mountProtectedResource(app, { issuer: tokenIssuer, publicUrl })

  app.notFound((c) => {
    const allow = allowedMethods(app, c.req.path).join(', ')
    if (!allow) throw new GatewayError('NOT_FOUND', `There is nothing at ${c.req.path}.`)
    throw new GatewayError('METHOD_NOT_SUPPORTED', `${c.req.path} answers ${allow}, not ${c.req.method}.`, {
      headers: { allow },
    })
  })
  app.onError((error, c) => {
    if (error instanceof GatewayError && trpc.owns(c)) return trpc.refuse(c, error)
    const problem = toProblem(error, c.get('requestId'))
    c.get('record').failed(problem)
    if (problem.status === 500) {
      const err = error.cause ?? error
      telemetry.log.error({ request_id: c.get('requestId'), path: c.req.routePath, err }, 'a fault of ours')
    }
    return problemResponse(error, c.get('requestId'))
  })
  return app
}
