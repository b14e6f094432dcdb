import type { Hono } from 'hono'
import type { GatewayEnv } from '../../http/env.ts'
import { PATHS } from '../../http/paths.ts'
import { originCheck } from '../../middleware/loopback-only.ts'
import type { Services } from '../../procedures/context.ts'
import { mcpHandler } from './adapter.ts'

/**
 * Mounts the Model Context Protocol at `/mcp`. It has no sessions and no streams, hence neither `GET` nor `DELETE`.
 * @param corsOrigins allowed browser origins; `*` allows all
 */
export function mountMcp(app: Hono<GatewayEnv>, services: Services, corsOrigins: readonly string[]): void {
  app.post(PATHS.mcp, originCheck(corsOrigins), mcpHandler(services))
}
