import { arch, cpus, platform, release } from 'node:os'
import { CASES } from './cases.ts'
import { type Contender, findContenders } from './contenders/contenders.ts'
import { type Measurement, measureCases, measureTail, type Tail } from './measure.ts'
import { type BenchOptions, byName } from './options.ts'
import { pinToCpu } from './server-process.ts'
import { type BenchServers, CPUS, startBenchServers } from './servers.ts'
import { checkTargets, type Outcome, REPORTED_CONNECTIONS } from './targets.ts'

/** Also the content of the JSON file. */
export interface BenchResult {
  at: string
  machine: ReturnType<typeof thisMachine>
  rounds: number
  /** The minimum duration of a sample, in milliseconds. */
  measureMs: number
  contenders: Pick<Contender, 'name' | 'about'>[]
  measurements: Measurement[]
  outcomes: Outcome[]
  /** Undefined if the case that sets its rate was not measured. */
  tail: Tail | undefined
}

/** The tail latency is measured at half of the first contender's highest rate at this number of connections. */
const TAIL = { case: 'REST session', connections: REPORTED_CONNECTIONS, contenders: ['gateway', 'hand-written'] }

/** Starts all servers first; only one is under load at a time. */
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

const thisMachine = () => ({
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  system: `${platform()} ${release()} ${arch()}`,
})
