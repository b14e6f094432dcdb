import type { Hono } from 'hono'
import type { GatewayEnv } from '../../http/env.ts'
import { PATHS } from '../../http/paths.ts'
import type { Services } from '../../procedures/context.ts'
import { listRestRoutes } from '../../procedures/rest-routes.ts'
import { appRouter } from '../../procedures/router.ts'
import { restHandler } from './adapter.ts'

export function mountRest(app: Hono<GatewayEnv>, services: Services): void {
  for (const route of listRestRoutes(appRouter)) {
    const path = PATHS.rest + route.path.replace(/\{(\w+)\}/g, ':$1')
    app.on(route.method, path, restHandler(route, services))
  }
}
