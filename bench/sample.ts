import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Load } from './load.ts'

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

/** In milliseconds. */
export interface SampleTimes {
  warmMs: number
  measureMs: number
  /** The further wait for a response on each connection. @default 60_000 */
  timeoutMs?: number
}

const POLL_MS = 5

/** Measures a process under a load, then stops the load. @throws Error of a failed call, or after a timeout. */
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

/** The mean of the middle two of an even number of values. @throws RangeError if there are no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.ceil(sorted.length / 2) - 1]
  if (upper === undefined || lower === undefined) throw new RangeError('there are no values')
  return (lower + upper) / 2
}

/** By nearest rank, for a `share` from 0 to 1; NaN if there are no values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

interface ProcessUsage {
  cpuSeconds: number
  rssBytes: number
}

/** The kernel's `USER_HZ`, the unit of times in `/proc`; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100
/** The indexes of the fields after the process name. @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const [UTIME, STIME] = [11, 12]

export function getProcessUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [, rssKiB = 0] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  const own = {
    cpuSeconds: (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND,
    rssBytes: Number(rssKiB) * 1024,
  }
  return getChildren(pid)
    .map(getProcessUsage)
    .reduce(
      (sum, child) => ({
        cpuSeconds: sum.cpuSeconds + child.cpuSeconds,
        rssBytes: sum.rssBytes + child.rssBytes,
      }),
      own,
    )
}

const getChildren = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
