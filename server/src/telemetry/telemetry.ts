import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Tracing } from './tracing.ts'

/** How a gateway is seen from outside. */
export interface Telemetry {
  log: Log
  metrics: Metrics
  tracing: Tracing | undefined
}
