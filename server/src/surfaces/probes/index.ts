import type { Hono } from 'hono'
import type { GatewayHealth } from '../../health.ts'
import type { GatewayEnv } from '../../http/env.ts'
import { PATHS } from '../../http/paths.ts'

/** `/livez`: the process responds. `/readyz`: it should get traffic; `?verbose` adds the reasons if not. */
export function mountProbes(app: Hono<GatewayEnv>, health: GatewayHealth): void {
  app.get(PATHS.liveness, (c) => c.json({ status: 'ok' }))
  app.get(PATHS.readiness, (c) => {
    const verbose = c.req.query('verbose') !== undefined
    const { status } = health.read()
    return c.json({ status, ...(verbose && { checks: health.checks }) }, health.ready ? 200 : 503)
  })
}
