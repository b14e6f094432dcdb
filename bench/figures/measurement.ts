import type { Sample } from '../sample/take-sample.ts'
import { median } from './median.ts'

/** The result of a contender in one case: a sample per round, and the median of each figure. */
export interface Measurement {
  contender: string
  case: string
  /** The number of connections, which call without pauses. */
  connections: number
  samples: Sample[]
  median: Sample
}

export function medianSample(samples: readonly Sample[]): Sample {
  const of = (figure: keyof Sample) => median(samples.map((sample) => sample[figure]))
  return {
    cpuMicros: of('cpuMicros'),
    requestsPerSecond: of('requestsPerSecond'),
    p50: of('p50'),
    p99: of('p99'),
    rssBytes: of('rssBytes'),
  }
}
