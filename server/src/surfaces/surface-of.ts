import { MCP_PATH } from '../gate/protected-resource.ts'
import type { Surface } from '../telemetry/request-record.ts'
import { REST_BASE } from './rest/routes.ts'
import { TRPC_BASE } from './trpc/limits.ts'

const SURFACES: readonly (readonly [path: string, Surface])[] = [
  [REST_BASE, 'rest'],
  [TRPC_BASE, 'trpc'],
  [MCP_PATH, 'mcp'],
  ['/docs', 'docs'],
  ['/openapi.json', 'docs'],
  ['/livez', 'probes'],
  ['/readyz', 'probes'],
]

/** The surface that a path belongs to, whether there is something at it or not. */
export function surfaceOf(path: string): Surface {
  const [, surface] = SURFACES.find(([base]) => path === base || path.startsWith(`${base}/`)) ?? []
  return surface ?? (/^\/(?:landing\..+)?$/.test(path) ? 'landing' : 'other')
}
