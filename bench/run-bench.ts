import { byName } from './by-name.ts'
import { CASES } from './cases.ts'
import { contendersHere } from './contenders/contenders.ts'
import type { Measurement } from './figures/measurement.ts'
import { outcomesOf, REPORTED_CONNECTIONS } from './figures/target.ts'
import { measureCases } from './measure-cases.ts'
import { measureTail, type Tail } from './measure-tail.ts'
import type { BenchOptions } from './options.ts'
import { keepToCpu } from './process/keep-to-cpu.ts'
import { type BenchResult, thisMachine } from './report/bench-result.ts'
import { CPUS, type Stage, setStage } from './stage.ts'

/** Half of what the first of them answers at this many connections is the rate at which all are held to their tail. */
const TAIL = { case: 'REST session', connections: REPORTED_CONNECTIONS, contenders: ['gateway', 'hand-written'] }

/** Measures what was asked for; the servers stand ready side by side, and one at a time works. */
export async function runBench(options: BenchOptions, onProgress: (doing: string) => void): Promise<BenchResult> {
  const { rounds, warmMs, measureMs } = options
  const plan = { rounds, times: { warmMs, measureMs }, onProgress }
  const here = contendersHere()
  const contenders = byName(here.contenders, options.contenders, 'contenders')
  const cases = byName(CASES, options.cases, 'cases')
  for (const reason of here.leftOut) onProgress(reason)
  const cpus = keepToCpu(CPUS.load) ? CPUS : undefined
  if (!cpus) onProgress(`taskset cannot keep this to CPU ${CPUS.load}: servers and load share all cores`)

  async function tailOf(stage: Stage, measurements: readonly Measurement[]): Promise<Tail | undefined> {
    const benchCase = cases.find(({ name }) => name === TAIL.case)
    const peak = measurements.find(
      (one) => one.contender === TAIL.contenders[0] && one.case === TAIL.case && one.connections === TAIL.connections,
    )
    if (!benchCase || !peak) return undefined
    const rate = Math.ceil(peak.median.requestsPerSecond / 2)
    const held = contenders.filter(({ name }) => TAIL.contenders.includes(name))
    return measureTail(stage, { ...plan, contenders: held, benchCase, rate })
  }

  const at = new Date().toISOString()
  const stage = await setStage(contenders, cpus)
  try {
    const measurements = await measureCases(stage, { ...plan, contenders, cases, connections: options.connections })
    return {
      at,
      machine: thisMachine(),
      rounds,
      measureMs,
      contenders: contenders.map(({ name, about }) => ({ name, about })),
      measurements,
      outcomes: outcomesOf(measurements),
      tail: await tailOf(stage, measurements),
    }
  } finally {
    await stage.stop()
  }
}
