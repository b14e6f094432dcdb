import type { Measurement } from '../measure.ts'

/** Measurements differ only in the CPU time. */
export function measured(contender: string, name: string, cpuMicros: number, connections = 32): Measurement {
  const sample = { cpuMicros, requestsPerSecond: 2048.4, p50: 3.456, p99: 12.3, rssBytes: 98_700_000 }
  return { contender, case: name, connections, samples: [sample], median: sample }
}
