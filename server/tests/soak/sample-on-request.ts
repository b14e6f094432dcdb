import { readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { ProcessSample } from './process-sample.ts'

// Loaded with --import into the observed process, which has an IPC channel to its parent and --expose-gc.

const ROUNDS = 3
const ROUND_MS = 50

process.on('message', () => void takeSample().then((sample) => process.send?.(sample)))
// Listening must not keep the process alive.
process.channel?.unref()

async function takeSample(): Promise<ProcessSample> {
  const before = readCpu()
  // Finalizers run between collections; the next one frees what they released.
  for (let round = 0; round < ROUNDS; round++) {
    globalThis.gc?.()
    await delay(ROUND_MS)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return {
    heapBytes: heapUsed,
    externalBytes: external,
    rssBytes: rss,
    handles: countHandles(),
    cpu: { before, after: readCpu() },
  }
}

function readCpu(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Open files and sockets as the kernel reports them, else Node's active resources without timers. */
function countHandles(): number {
  if (process.platform === 'linux') return readdirSync('/proc/self/fd').length
  return process.getActiveResourcesInfo().filter((name) => !['Timeout', 'Immediate'].includes(name)).length
}
