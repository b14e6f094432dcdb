import { setTimeout as pause } from 'node:timers/promises'
import { percentile } from '../figures/percentile.ts'
import type { Load } from '../load/load.ts'
import { processUsage } from './process-usage.ts'

/** What a server did under one load for a while. */
export interface Sample {
  /** Time of a processor that one request cost, in the server's processes, in microseconds. */
  cpuMicros: number
  requestsPerSecond: number
  /** Milliseconds. */
  p50: number
  p99: number
  /** Resident memory at the end, in bytes. */
  rssBytes: number
}

/** How long to let a load run before anything counts, and how long to measure, in milliseconds. */
export interface SampleTimes {
  warmMs: number
  measureMs: number
  /** How much longer the answers may take that it waits for. @default a minute */
  patienceMs?: number
}

const POLL_MS = 5

/**
 * Measures the server whose process is `pid` under a load, and stops the load. Both the time before anything counts and
 * the sample itself last until as many calls were answered as there are connections.
 * @throws Error of a call that failed, or where that many answers take too long.
 */
export async function takeSample(load: Load, pid: number, times: SampleTimes): Promise<Sample> {
  try {
    const sample = await sampleOf(load, pid, times)
    await load.stop()
    return sample
  } catch (error) {
    // Not awaited: calls that nobody answers would hold it up.
    void load.stop().catch(() => {})
    throw error
  }
}

async function sampleOf(load: Load, pid: number, times: SampleTimes): Promise<Sample> {
  const { warmMs, measureMs, patienceMs = 60_000 } = times
  await answersFor(load, warmMs, patienceMs)
  const before = processUsage(pid)
  const [answeredBefore, startedAt] = [load.latencies.length, performance.now()]
  await answersFor(load, measureMs, patienceMs)
  const after = processUsage(pid)
  const latencies = load.latencies.slice(answeredBefore)
  const seconds = (performance.now() - startedAt) / 1000
  return {
    cpuMicros: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / latencies.length,
    requestsPerSecond: latencies.length / seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    rssBytes: after.rssBytes,
  }
}

/** Lets a load run for `ms`, and on until each connection could have had an answer. */
async function answersFor(load: Load, ms: number, patienceMs: number): Promise<void> {
  const wanted = load.latencies.length + load.connections
  const end = performance.now() + ms
  while (performance.now() < end || load.latencies.length < wanted) {
    if (load.fault) throw load.fault
    if (performance.now() > end + patienceMs) {
      const answered = load.connections - (wanted - load.latencies.length)
      throw new Error(`only ${answered} of ${load.connections} calls were answered in ${ms + patienceMs} ms`)
    }
    await pause(POLL_MS)
  }
}
