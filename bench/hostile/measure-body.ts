import { setTimeout as pause } from 'node:timers/promises'
import { growthWhile } from '../../server/tests/arbitrary-memory.ts'
import { CALLER_HEADERS } from '../contenders/caller-headers.ts'
import type { RunningContender } from '../contenders/start-contender.ts'
import { processUsage } from '../sample/process-usage.ts'

/** What one body cost a gateway. */
export interface BodyCost {
  status: number
  /** Time of a processor, in milliseconds. */
  cpuMs: number
  /**
   * How long the event loop stood still: the longest time that another request waited meanwhile, in milliseconds; no longer
   * than the process computed, since on a busy machine it waits for a processor as well.
   */
  stallMs: number
  /** By how much resident memory peaked above where it stood, in bytes. */
  grownBytes: number
  responseBytes: number
}

const HEADERS = { ...CALLER_HEADERS, accept: 'application/json, text/event-stream' }
const PROBE_EVERY_MS = 2

/**
 * Sends a body to a gateway, which another request probes meanwhile.
 * @param path below the gateway's origin
 */
export async function measureBody({ url, pid }: RunningContender, path: string, body: Buffer): Promise<BodyCost> {
  const cost: BodyCost = { status: 0, cpuMs: 0, stallMs: 0, grownBytes: 0, responseBytes: 0 }
  let isOver = false
  const { cpuSeconds } = processUsage(pid)
  const probing = probe(url, () => isOver)
  cost.grownBytes = await growthWhile(pid, async () => {
    const response = await fetch(url + path, { method: 'POST', headers: HEADERS, body })
    cost.responseBytes = (await response.arrayBuffer()).byteLength
    cost.status = response.status
  })
  isOver = true
  const longestWaitMs = await probing
  cost.cpuMs = 1000 * (processUsage(pid).cpuSeconds - cpuSeconds)
  cost.stallMs = Math.min(longestWaitMs, cost.cpuMs)
  return cost
}

async function probe(url: string, isOver: () => boolean): Promise<number> {
  let longest = 0
  while (!isOver()) {
    const begun = performance.now()
    await (await fetch(`${url}/livez`)).arrayBuffer()
    longest = Math.max(longest, performance.now() - begun)
    await pause(PROBE_EVERY_MS)
  }
  return longest
}
