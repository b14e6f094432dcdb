import type { Measurement } from '../measure.ts'

/** For tests: a measurement in which only the CPU time differs. */
export function measured(contender: string, name: string, cpuMicros: number, connections = 32): Measurement {
  const sample = { cpuMicros, requestsPerSecond: 2048.4, p50: 3.456, p99: 12.3, rssBytes: 98_700_000 }
  return { contender, case: name, connections, samples: [sample], median: sample }
}
