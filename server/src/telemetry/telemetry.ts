import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Tracing } from './tracing.ts'

export interface Telemetry {
  log: Log
  metrics: Metrics
  tracing: Tracing | undefined
}
