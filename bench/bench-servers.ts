import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CALLER_HEADERS } from './contenders/caller-headers.ts'
import type { Contender } from './contenders/contender.ts'
import { type RunningContender, startContender } from './contenders/start-contender.ts'
import { startCore } from './core/start-core.ts'
import type { Load, LoadTarget } from './load/load.ts'
import type { Server } from './process/start-server.ts'
import { type Sample, type SampleTimes, takeSample } from './sample/take-sample.ts'

/** The CPU for the servers, of which one is under load at a time, and the CPU for the load and Core. */
export const CPUS = { servers: 0, load: 1 } as const

/** All servers of a run, started in front of one near-free Core. */
export interface BenchServers {
  sample(contender: Contender, load: (target: LoadTarget) => Load, times: SampleTimes): Promise<Sample>
  stop(): Promise<void>
}

/**
 * Starts the near-free Core and every contender in separate processes.
 * @param cpus the CPUs to pin them to; undefined: not pinned
 * @throws Error of one that does not start, after the others are stopped.
 */
export async function startBenchServers(
  contenders: readonly Contender[],
  cpus: typeof CPUS | undefined,
): Promise<BenchServers> {
  const logs = await mkdtemp(join(tmpdir(), 'bench-'))
  const servers: Server[] = []
  const running = new Map<Contender, RunningContender>()
  async function stop(): Promise<void> {
    await Promise.all(servers.map((server) => server.stop()))
    await rm(logs, { recursive: true, force: true })
  }

  try {
    const core = await startCore({ cpu: cpus?.load, logFile: join(logs, 'core.log') })
    servers.push(core)
    for (const contender of contenders) {
      const logFile = join(logs, `${contender.name}.log`)
      const options = { core: { url: core.url, apiKey: 'the-key-of-core' }, cpu: cpus?.servers, logFile }
      const started = await startContender(contender, options)
      servers.push(started)
      running.set(contender, started)
    }
  } catch (error) {
    await stop()
    throw error
  }
  return {
    sample(contender, load, times) {
      const server = running.get(contender)
      if (!server) throw new Error(`${contender.name} does not run`)
      return takeSample(load({ url: server.url, headers: CALLER_HEADERS }), server.pid, times)
    },
    stop,
  }
}
