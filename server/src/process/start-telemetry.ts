import type { Config } from '../config.ts'
import type { Log } from '../telemetry/log.ts'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** The telemetry of this process, as the settings ask for it. */
export async function startTelemetry(
  { metricsPort, tracesEndpoint }: Pick<Config, 'metricsPort' | 'tracesEndpoint'>,
  log: Log,
): Promise<Telemetry> {
  const metrics = createMetrics({ ofProcess: metricsPort !== undefined })
  return { log, metrics, tracing: tracesEndpoint === undefined ? undefined : await startTracing(log, metrics) }
}

async function startTracing(log: Log, metrics: Metrics) {
  // Loaded by those alone who want it.
  const { createOtlpTracing } = await import('../telemetry/otlp-tracing.ts')
  return createOtlpTracing(log, metrics)
}
