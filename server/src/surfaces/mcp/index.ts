import type { Hono } from 'hono'
import type { GatewayEnv } from '../../gate/gateway-env.ts'
import { knownOrigin } from '../../gate/known-origin.ts'
import { MCP_PATH } from '../../gate/protected-resource.ts'
import type { Services } from '../../procedures/context.ts'
import { mcpHandler } from './adapter.ts'

/**
 * Mounts the Model Context Protocol. It has no sessions and opens no streams, so there is nothing to `GET` or `DELETE`.
 * @param corsOrigins origins whose pages may call; `*` for all
 */
export function mountMcp(app: Hono<GatewayEnv>, services: Services, corsOrigins: readonly string[]): void {
  app.post(MCP_PATH, knownOrigin(corsOrigins), mcpHandler(services))
}
