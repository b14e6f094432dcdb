import type { Hono } from 'hono'
import type { GatewayEnv } from '../../gate/gateway-env.ts'
import type { GatewayHealth } from '../../gateway-health.ts'

/**
 * Mounts what orchestrators ask: `/livez` (does the process answer) and `/readyz` (should it get traffic; with
 * `?verbose` also why not).
 */
export function mountProbes(app: Hono<GatewayEnv>, health: GatewayHealth): void {
  app.get('/livez', (c) => c.json({ status: 'ok' }))
  app.get('/readyz', (c) => {
    const verbose = c.req.query('verbose') !== undefined
    const { status } = health.read()
    return c.json({ status, ...(verbose && { checks: health.checks }) }, health.ready ? 200 : 503)
  })
}
