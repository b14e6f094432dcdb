import type { Hono } from 'hono'
import type { GatewayEnv } from '../../gate/gateway-env.ts'
import type { Services } from '../../procedures/context.ts'
import { appRouter } from '../../procedures/router.ts'
import { restHandler } from './adapter.ts'
import { REST_BASE, restRoutes } from './routes.ts'

/** Mounts one Hono route for every REST operation. */
export function mountRest(app: Hono<GatewayEnv>, services: Services): void {
  for (const route of restRoutes(appRouter)) {
    const path = REST_BASE + route.path.replace(/\{(\w+)\}/g, ':$1')
    app.on(route.method, path, restHandler(route, services))
  }
}
