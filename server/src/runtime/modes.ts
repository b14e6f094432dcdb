import type { Config } from '../config.ts'
import type { ToolSet } from '../surfaces/mcp/tools.ts'
import type { Log } from '../telemetry/log.ts'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { CoreAddress } from '../upstream/upstream.ts'
import { version } from '../version.ts'

/** Starts once Core has started. */
export async function serveHttp(config: Config, locateCore: LocateCore, log: Log): Promise<RunningGateway> {
  // Each mode loads its own code only: an agent waits for a gateway over stdio to start.
  const loading = Promise.all([import('./gateway.ts'), import('./serve-metrics.ts')])
  const [telemetry] = await Promise.all([startTelemetry(config, log), locateCore()])
  const [{ startGateway }, { serveMetrics }] = await loading
  const metrics = await serveMetrics(() => telemetry.metrics.registry.metrics(), config)
  const gateway = await startGateway(config, locateCore, telemetry)
  announce(log, config, { url: gateway.url, metricsUrl: metrics?.url })
  return {
    async close(graceMs) {
      const completed = await gateway.close(graceMs)
      await telemetry.tracing?.stop()
      metrics?.stop()
      return completed
    },
  }
}

/** Starts before Core does: calls wait for it. */
export async function serveStdio(
  config: Config,
  locateCore: LocateCore,
  log: Log,
  tools: ToolSet | undefined,
): Promise<RunningGateway> {
  const [{ startStdioGateway }, telemetry] = await Promise.all([
    import('./stdio-gateway.ts'),
    startTelemetry(config, log),
  ])
  const gateway = startStdioGateway(config, locateCore, telemetry, {
    input: process.stdin,
    output: process.stdout,
    tools,
  })
  log.info(`Achilles MCP Gateway ${version} on standard input and output`)
  return {
    inputEnded: gateway.inputEnded,
    async close(graceMs) {
      const completed = await gateway.close(graceMs)
      await telemetry.tracing?.stop()
      return completed
    },
  }
}

export interface RunningGateway {
  close(graceMs: number): Promise<boolean>
  /** Resolves when the peer has closed its end; absent over HTTP. */
  inputEnded?: Promise<void>
}

/** A promise while Core is starting. */
export type LocateCore = () => CoreAddress | Promise<CoreAddress>

/** Resolves once the gateway serves. Core may still be starting. */
export type StartGateway = (locateCore: LocateCore) => Promise<RunningGateway>

export function announce(
  log: Log,
  config: Config,
  { url, metricsUrl }: { url: string; metricsUrl?: string | undefined },
) {
  log.info(`Achilles MCP Gateway ${version} on ${url}, API reference at ${url}/docs`)
  if (config.core) log.info(`Core is at ${config.core.baseUrl}`)
  log.info(`Accepts ${describeCallers(config)}; ${describeRate(config)}`)
  if (metricsUrl !== undefined) log.info(`Metrics at ${metricsUrl}`)
  if (config.tracesEndpoint !== undefined) log.info(`Traces go to ${config.tracesEndpoint}`)
}

function describeCallers({ auth: { apiKeysFile, tokens, open } }: Config): string {
  const known = [
    ...(apiKeysFile === undefined ? [] : [`API keys in ${apiKeysFile}`]),
    ...(tokens ? [`tokens from ${tokens.issuer}`] : []),
  ]
  if (known.length > 0) return known.join(' and ')
  return open ? 'all callers (GATEWAY_AUTH=none)' : 'local callers without credentials'
}

function describeRate({ auth: { ratePerMinute, redisUrl } }: Config): string {
  if (ratePerMinute === 0) return 'no rate limit'
  return `${ratePerMinute} calls per minute per caller${redisUrl === undefined ? '' : ', counted in Redis'}`
}

async function startTelemetry(
  { metricsPort, tracesEndpoint }: Pick<Config, 'metricsPort' | 'tracesEndpoint'>,
  log: Log,
): Promise<Telemetry> {
  const metrics = createMetrics({ ofProcess: metricsPort !== undefined })
  return { log, metrics, tracing: tracesEndpoint === undefined ? undefined : await startTracing(log, metrics) }
}

async function startTracing(log: Log, metrics: Metrics) {
  // Loaded only if tracing is on.
  const { createOtlpTracing } = await import('../telemetry/otlp-tracing.ts')
  return createOtlpTracing(log, metrics)
}
