import type { Hono } from 'hono'
import { originOf, RESOURCE_METADATA_PATH } from '../../gate/credentials.ts'
import type { GatewayEnv } from '../../gate/gateway-env.ts'

/** Mounts the metadata by which a client without a token learns who issues them (RFC 9728). */
export function mountProtectedResource(app: Hono<GatewayEnv>, issuer: string): void {
  app.get(RESOURCE_METADATA_PATH, (c) =>
    c.json(
      {
        resource: originOf(c),
        authorization_servers: [issuer],
        bearer_methods_supported: ['header'],
        resource_name: 'Achilles MCP Gateway',
      },
      200,
      { 'cache-control': 'no-store' },
    ),
  )
}
