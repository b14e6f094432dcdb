import { createMetrics } from '../../server/src/telemetry/metrics.ts'

/** The names of series and their labels, including those that a scrape adds. */
export type KnownMetrics = Map<string, ReadonlySet<string>>

const SCRAPE_LABELS = ['job', 'instance']
const HISTOGRAM_SERIES = [
  ['_bucket', ['le']],
  ['_sum', []],
  ['_count', []],
] as const

/** The series that Prometheus has of a gateway, read from the gateway's registry. */
export function knownMetrics({ ofProcess = true } = {}): KnownMetrics {
  const { registry, watchStreams, watchUpstream } = createMetrics({ ofProcess })
  watchStreams({ streams: 0, sessions: 0 })
  watchUpstream({ degraded: false, callsInFlight: 0, callsQueued: 0, callsJoining: 0 })
  const known: KnownMetrics = new Map([['up', new Set(SCRAPE_LABELS)]])
  for (const metric of registry.getMetricsAsArray()) {
    const labels = [...SCRAPE_LABELS, ...getLabelNames(metric)]
    if ('buckets' in metric) {
      for (const [suffix, more] of HISTOGRAM_SERIES) known.set(metric.name + suffix, new Set([...labels, ...more]))
    } else known.set(metric.name, new Set(labels))
  }
  return known
}

/** prom-client's types do not include a metric's labels. */
function getLabelNames(metric: object): string[] {
  if (!('labelNames' in metric) || !Array.isArray(metric.labelNames)) throw new Error('prom-client names no labels')
  return metric.labelNames.map(String)
}
