import type { Sample } from '../sample/take-sample.ts'
import { median } from './median.ts'

/** What a contender did in one case: every round's sample, and the median of each figure. */
export interface Measurement {
  contender: string
  case: string
  /** Connections that call without a pause. */
  connections: number
  samples: Sample[]
  median: Sample
}

/** The median of each figure of the samples. */
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
