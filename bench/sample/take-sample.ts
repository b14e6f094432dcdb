import { setTimeout as delay } from 'node:timers/promises'
import { percentile } from '../figures/percentile.ts'
import type { Load } from '../load/load.ts'
import { getProcessUsage } from './get-process-usage.ts'

export interface Sample {
  /** CPU time per request of all the server's processes, in microseconds. */
  cpuMicros: number
  requestsPerSecond: number
  /** Milliseconds. */
  p50: number
  p99: number
  /** Resident memory at the end, in bytes. */
  rssBytes: number
}

/** The duration of the warm-up and of the measurement, in milliseconds. */
export interface SampleTimes {
  warmMs: number
  measureMs: number
  /** How much longer to wait for a response on each connection. @default 60_000 */
  timeoutMs?: number
}

const POLL_MS = 5

/**
 * Measures the process `pid` under a load, then stops the load. The warm-up and the measurement last until at least as many
 * calls are complete as there are connections.
 * @throws Error of a call that failed, or if the responses take too long.
 */
export async function takeSample(load: Load, pid: number, times: SampleTimes): Promise<Sample> {
  try {
    const sample = await measure(load, pid, times)
    await load.stop()
    return sample
  } catch (error) {
    // Not awaited: calls without a response would block it.
    void load.stop().catch(() => {})
    throw error
  }
}

async function measure(load: Load, pid: number, times: SampleTimes): Promise<Sample> {
  const { warmMs, measureMs, timeoutMs = 60_000 } = times
  await runFor(load, warmMs, timeoutMs)
  const before = getProcessUsage(pid)
  const [completedBefore, startedAt] = [load.latencies.length, performance.now()]
  await runFor(load, measureMs, timeoutMs)
  const after = getProcessUsage(pid)
  const latencies = load.latencies.slice(completedBefore)
  const seconds = (performance.now() - startedAt) / 1000
  return {
    cpuMicros: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / latencies.length,
    requestsPerSecond: latencies.length / seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    rssBytes: after.rssBytes,
  }
}

/** Waits for `ms`, and until as many calls are complete as there are connections. */
async function runFor(load: Load, ms: number, timeoutMs: number): Promise<void> {
  const wanted = load.latencies.length + load.connections
  const end = performance.now() + ms
  while (performance.now() < end || load.latencies.length < wanted) {
    if (load.firstError) throw load.firstError
    if (performance.now() > end + timeoutMs) {
      const completed = load.connections - (wanted - load.latencies.length)
      throw new Error(`only ${completed} of ${load.connections} calls got a response in ${ms + timeoutMs} ms`)
    }
    await delay(POLL_MS)
  }
}
