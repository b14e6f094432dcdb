import { type BenchServers, CPUS, startBenchServers } from './bench-servers.ts'
import { byName } from './by-name.ts'
import { CASES } from './cases.ts'
import { findContenders } from './contenders/contenders.ts'
import type { Measurement } from './figures/measurement.ts'
import { checkTargets, REPORTED_CONNECTIONS } from './figures/target.ts'
import { measureCases } from './measure-cases.ts'
import { measureTail, type Tail } from './measure-tail.ts'
import type { BenchOptions } from './options.ts'
import { pinToCpu } from './process/pin-to-cpu.ts'
import { type BenchResult, thisMachine } from './report/bench-result.ts'

/** The tail latency is measured at half of the first contender's highest rate at this number of connections. */
const TAIL = { case: 'REST session', connections: REPORTED_CONNECTIONS, contenders: ['gateway', 'hand-written'] }

/** Runs the bench. All servers are started first; only one is under load at a time. */
export async function runBench(options: BenchOptions, onProgress: (doing: string) => void): Promise<BenchResult> {
  const { rounds, warmMs, measureMs } = options
  const plan = { rounds, times: { warmMs, measureMs }, onProgress }
  const available = findContenders()
  const contenders = byName(available.contenders, options.contenders, 'contenders')
  const cases = byName(CASES, options.cases, 'cases')
  for (const reason of available.skipped) onProgress(reason)
  const cpus = pinToCpu(CPUS.load) ? CPUS : undefined
  if (!cpus) onProgress(`taskset cannot pin this process to CPU ${CPUS.load}: servers and load share all cores`)

  async function measureTailAtHalfRate(
    servers: BenchServers,
    measurements: readonly Measurement[],
  ): Promise<Tail | undefined> {
    const benchCase = cases.find(({ name }) => name === TAIL.case)
    const peak = measurements.find(
      (one) => one.contender === TAIL.contenders[0] && one.case === TAIL.case && one.connections === TAIL.connections,
    )
    if (!benchCase || !peak) return undefined
    const rate = Math.ceil(peak.median.requestsPerSecond / 2)
    const compared = contenders.filter(({ name }) => TAIL.contenders.includes(name))
    return measureTail(servers, { ...plan, contenders: compared, benchCase, rate })
  }

  const at = new Date().toISOString()
  const servers = await startBenchServers(contenders, cpus)
  try {
    const measurements = await measureCases(servers, { ...plan, contenders, cases, connections: options.connections })
    return {
      at,
      machine: thisMachine(),
      rounds,
      measureMs,
      contenders: contenders.map(({ name, about }) => ({ name, about })),
      measurements,
      outcomes: checkTargets(measurements),
      tail: await measureTailAtHalfRate(servers, measurements),
    }
  } finally {
    await servers.stop()
  }
}
