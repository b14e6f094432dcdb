import type { Config } from '../config.ts'
import { startGateway } from '../gateway.ts'
import type { Log } from '../telemetry/log.ts'
import { serveMetrics } from '../telemetry/serve-metrics.ts'
import { announce } from './announce.ts'
import type { Running } from './running.ts'
import { startTelemetry } from './start-telemetry.ts'

/** Serves HTTP from this process. */
export async function serveHttp(
  config: Config,
  core: Promise<NonNullable<Config['core']>>,
  log: Log,
): Promise<Running> {
  const [target, telemetry] = await Promise.all([core, startTelemetry(config, log)])
  const metrics = await serveMetrics(() => telemetry.metrics.registry.metrics(), config)
  const gateway = await startGateway(config, target, telemetry)
  announce(log, config, { url: gateway.url, metricsUrl: metrics?.url })
  return {
    async close(graceMs) {
      const answered = await gateway.close(graceMs)
      await telemetry.tracing?.stop()
      metrics?.stop()
      return answered
    },
  }
}
