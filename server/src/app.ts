import { Hono } from 'hono'
import { type GateOptions, gate } from './gate/gate.ts'
import type { GatewayEnv } from './gate/gateway-env.ts'
import { GatewayError } from './problem/gateway-error.ts'
import { problemResponse } from './problem/problem-response.ts'
import type { Services } from './procedures/context.ts'
import { allowedMethods } from './surfaces/allowed-methods.ts'
import { mountDocs } from './surfaces/docs/index.ts'
import { mountLanding } from './surfaces/landing/index.ts'
import { mountMcp } from './surfaces/mcp/index.ts'
import { mountProbes } from './surfaces/probes/index.ts'
import { mountProtectedResource } from './surfaces/protected-resource/index.ts'
import { mountRest } from './surfaces/rest/index.ts'
import { mountTrpc } from './surfaces/trpc/index.ts'

/** What differs between gateways beside their services. */
export interface AppOptions extends GateOptions {
  /** Who issues the tokens taken here, if any are. */
  tokenIssuer: string | undefined
  /**
   * Whether `/` is a page for people.
   * @default true
   */
  landing?: boolean | undefined
}

/** Every route of the gateway as one Hono app. */
export function createApp(
  services: Services,
  { tokenIssuer, landing = true, ...gateOptions }: AppOptions,
): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>()
  app.use(...gate(gateOptions, services.health))
  mountProbes(app, services.health)
  mountRest(app, services)
  const trpc = mountTrpc(app, services)
  mountMcp(app, services, gateOptions.corsOrigins)
  mountDocs(app)
  if (landing) mountLanding(app, { wantsKey: gateOptions.credentials !== undefined })
  if (tokenIssuer !== undefined) mountProtectedResource(app, tokenIssuer)

  app.notFound((c) => {
    const allow = allowedMethods(app, c.req.path).join(', ')
    if (!allow)
      return problemResponse(new GatewayError('NOT_FOUND', `There is nothing at ${c.req.path}.`), c.get('requestId'))
    const error = new GatewayError('METHOD_NOT_SUPPORTED', `${c.req.path} answers ${allow}, not ${c.req.method}.`)
    return problemResponse(error, c.get('requestId'), { allow })
  })
  app.onError((error, c) => {
    if (error instanceof GatewayError && trpc.owns(c)) return trpc.refuse(c, error)
    const answer = problemResponse(error, c.get('requestId'))
    if (answer.status === 500) {
      const err = error.cause ?? error
      services.log.error({ request_id: c.get('requestId'), path: c.req.routePath, err }, 'a fault of ours')
    }
    return answer
  })
  return app
}
