import type { Measurement } from '../figures/measurement.ts'

/** A measurement, for tests, in which all but what a request cost is the same for everybody. */
export function measured(contender: string, name: string, cpuMicros: number, connections = 32): Measurement {
  const sample = { cpuMicros, requestsPerSecond: 2048.4, p50: 3.456, p99: 12.3, rssBytes: 98_700_000 }
  return { contender, case: name, connections, samples: [sample], median: sample }
}
