import type { Surface } from '../telemetry/request-record.ts'

export const PATHS = {
  rest: '/api/achilles/v1/mcp',
  trpc: '/trpc',
  mcp: '/mcp',
  logs: '/v1/logs',
  traces: '/v1/traces',
  metrics: '/v1/metrics',
  docs: '/docs',
  openApi: '/openapi.json',
  root: '/',
  liveness: '/livez',
  readiness: '/readyz',
  /** RFC 9728, section 3. */
  resourceMetadata: '/.well-known/oauth-protected-resource',
} as const

const SURFACES: readonly (readonly [path: string, Surface])[] = [
  [PATHS.rest, 'rest'],
  [PATHS.trpc, 'trpc'],
  [PATHS.mcp, 'mcp'],
  [PATHS.logs, 'otlp'],
  [PATHS.traces, 'otlp'],
  [PATHS.metrics, 'otlp'],
  [PATHS.docs, 'docs'],
  [PATHS.openApi, 'docs'],
  [PATHS.liveness, 'probes'],
  [PATHS.readiness, 'probes'],
]

/** Works for every path, even if nothing is served there. */
export function getSurface(path: string): Surface {
  const [, surface] = SURFACES.find(([base]) => path === base || path.startsWith(`${base}/`)) ?? []
  return surface ?? (path === PATHS.root ? 'docs' : 'other')
}
