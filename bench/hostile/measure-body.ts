import { setTimeout as delay } from 'node:timers/promises'
import { growthWhile } from '../../server/tests/support/arbitrary-memory.ts'
import { CALLER_HEADERS } from '../contenders/operations.ts'
import { getProcessUsage } from '../sample.ts'
import type { RunningContender } from '../servers.ts'

export interface BodyCost {
  status: number
  cpuMs: number
  /** The longest wait of another request; at most `cpuMs`, since on a busy machine it also waits for a CPU. */
  stallMs: number
  /** The peak of resident memory above its value before, in bytes. */
  grownBytes: number
  responseBytes: number
}

const HEADERS = { ...CALLER_HEADERS, accept: 'application/json, text/event-stream' }
const PROBE_EVERY_MS = 2

/** Probes the gateway's latency with other requests meanwhile. */
export async function measureBody({ url, pid }: RunningContender, path: string, body: Buffer): Promise<BodyCost> {
  const cost: BodyCost = { status: 0, cpuMs: 0, stallMs: 0, grownBytes: 0, responseBytes: 0 }
  let isOver = false
  const { cpuSeconds } = getProcessUsage(pid)
  const probing = probe(url, () => isOver)
  cost.grownBytes = await growthWhile(pid, async () => {
    const response = await fetch(url + path, { method: 'POST', headers: HEADERS, body })
    cost.responseBytes = (await response.arrayBuffer()).byteLength
    cost.status = response.status
  })
  isOver = true
  const longestWaitMs = await probing
  cost.cpuMs = 1000 * (getProcessUsage(pid).cpuSeconds - cpuSeconds)
  cost.stallMs = Math.min(longestWaitMs, cost.cpuMs)
  return cost
}

async function probe(url: string, isOver: () => boolean): Promise<number> {
  let longest = 0
  while (!isOver()) {
    const startedAt = performance.now()
    await (await fetch(`${url}/livez`)).arrayBuffer()
    longest = Math.max(longest, performance.now() - startedAt)
    await delay(PROBE_EVERY_MS)
  }
  return longest
}
