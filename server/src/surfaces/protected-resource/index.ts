import type { Hono } from 'hono'
import { originOf } from '../../gate/credentials.ts'
import type { GatewayEnv } from '../../gate/gateway-env.ts'
import { MCP_PATH, protectedResource, RESOURCE_METADATA_PATH } from '../../gate/protected-resource.ts'

interface ResourceSettings {
  issuer: string
  /** Where callers reach the gateway; absent: the origin that each request names. */
  publicUrl: string | undefined
}

/**
 * Mounts the metadata by which a client without a token learns who issues them (RFC 9728): of the gateway as a whole,
 * and of `/mcp`, since MCP clients want the metadata's `resource` to be the URL that they call.
 */
export function mountProtectedResource(app: Hono<GatewayEnv>, { issuer, publicUrl }: ResourceSettings): void {
  // The RFC puts a path of the resource behind the well-known one, also where a proxy takes that path away elsewhere.
  const prefix = publicUrl === undefined ? '/' : new URL(publicUrl).pathname
  const roots = new Set([RESOURCE_METADATA_PATH, RESOURCE_METADATA_PATH + (prefix === '/' ? '' : prefix)])
  for (const root of roots) {
    for (const path of ['', MCP_PATH]) {
      app.get(root + path, (c) =>
        c.json(
          {
            resource: protectedResource(publicUrl ?? originOf(c), path).url,
            authorization_servers: [issuer],
            bearer_methods_supported: ['header'],
            resource_name: 'Achilles MCP Gateway',
          },
          200,
          { 'cache-control': 'no-store' },
        ),
      )
    }
  }
}
