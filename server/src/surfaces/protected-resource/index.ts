import type { Hono } from 'hono'
import { getOrigin, protectedResource } from '../../auth/credentials.ts'
import type { GatewayEnv } from '../../http/env.ts'
import { PATHS } from '../../http/paths.ts'

interface ResourceSettings {
  issuer: string
  /** Default: the origin of each request. */
  publicUrl: string | undefined
}

/**
 * Mounts the metadata from which a client without a token learns the issuer (RFC 9728): for the gateway as a whole and
 * for `/mcp`, since MCP clients require `resource` to be the URL that they call.
 */
export function mountProtectedResource(app: Hono<GatewayEnv>, { issuer, publicUrl }: ResourceSettings): void {
  // RFC 9728 appends the resource's path to the well-known path, even if a proxy strips that path elsewhere.
  const prefix = publicUrl === undefined ? '/' : new URL(publicUrl).pathname
  const roots = new Set([PATHS.resourceMetadata, PATHS.resourceMetadata + (prefix === '/' ? '' : prefix)])
  for (const root of roots) {
    for (const path of ['', PATHS.mcp]) {
      app.get(root + path, (c) =>
        c.json(
          {
            resource: protectedResource(publicUrl ?? getOrigin(c), path).url,
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
