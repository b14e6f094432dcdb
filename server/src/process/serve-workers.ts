import type { Config } from '../config.ts'
import type { Log } from '../telemetry/log.ts'
import { serveMetrics } from '../telemetry/serve-metrics.ts'
import { announce } from './announce.ts'
import type { Running } from './running.ts'
import { startWorkerPool } from './worker-pool.ts'

/** Serves HTTP from `config.workers` processes that this one starts. */
export async function serveWorkers(
  config: Config,
  core: Promise<NonNullable<Config['core']>>,
  log: Log,
): Promise<Running> {
  const pool = await startWorkerPool(config, await core, log)
  const metrics = await serveMetrics(pool.metrics, config)
  announce(log, config, { url: pool.url, metricsUrl: metrics?.url })
  return {
    async close(graceMs) {
      const answered = await pool.close(graceMs)
      metrics?.stop()
      return answered
    },
  }
}
