import type { BenchCase } from './cases.ts'
import type { Contender } from './contenders/contenders.ts'
import { closedLoop, openLoop } from './load.ts'
import { medianSample, type Sample, type SampleTimes } from './sample.ts'
import type { BenchServers } from './servers.ts'

export interface Measurement {
  contender: string
  case: string
  connections: number
  samples: Sample[]
  median: Sample
}

interface BenchPlan {
  contenders: readonly Contender[]
  cases: readonly BenchCase[]
  connections: readonly number[]
  rounds: number
  times: SampleTimes
  onProgress: (doing: string) => void
}

/** The least warm-up time of a contender over all its runs, and in each run. */
const WARM_UP_MS = 3000
const SHORTEST_WARM_UP_MS = 500

interface Run {
  contender: Contender
  benchCase: BenchCase
  connections: number
}

/**
 * Rounds are interleaved, so that a slow minute of the machine affects all contenders. A warm-up round comes first,
 * since new processes still compile their code.
 */
export async function measureCases(servers: BenchServers, plan: BenchPlan): Promise<Measurement[]> {
  const { rounds, times, onProgress } = plan
  const runs = listRuns(plan)
  const takeRunSample = ({ contender, benchCase, connections }: Run, wanted: SampleTimes) =>
    servers.sample(contender, (target) => closedLoop(benchCase, target, connections), wanted)

  for (const run of runs) {
    const { contender, benchCase, connections } = run
    onProgress(`warm-up: ${benchCase.name}, ${connections} connections, ${contender.name}`)
    const share = WARM_UP_MS / runs.filter((one) => one.contender === contender).length
    await takeRunSample(run, { warmMs: 0, measureMs: Math.max(share, SHORTEST_WARM_UP_MS) })
  }
  const samples = new Map<Run, Sample[]>(runs.map((run) => [run, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const run of runs) {
      const { contender, benchCase, connections } = run
      onProgress(`round ${round} of ${rounds}: ${benchCase.name}, ${connections} connections, ${contender.name}`)
      samples.get(run)?.push(await takeRunSample(run, times))
    }
  }
  return [...samples].map(([{ contender, benchCase, connections }, taken]) => ({
    contender: contender.name,
    case: benchCase.name,
    connections,
    samples: taken,
    median: medianSample(taken),
  }))
}

const listRuns = ({ contenders, cases, connections: counts }: BenchPlan): Run[] =>
  cases.flatMap((benchCase) =>
    counts
      .filter((connections) => connections <= (benchCase.maxConnections ?? connections))
      .flatMap((connections) =>
        contenders
          .filter((contender) => serves(contender, benchCase))
          .map((contender) => ({ contender, benchCase, connections })),
      ),
  )

const serves = ({ surfaces, cases }: Contender, { name, surface }: BenchCase) =>
  surfaces.includes(surface) && (cases === undefined || cases.includes(name))

/** Latencies at a rate that the servers sustain easily. */
export interface Tail {
  case: string
  /** Calls a second, the same for all: half of the first contender's highest rate. */
  rate: number
  /** By contender. */
  medians: Record<string, Sample>
}

interface TailPlan {
  contenders: readonly Contender[]
  benchCase: BenchCase
  rate: number
  rounds: number
  times: SampleTimes
  onProgress: (doing: string) => void
}

export async function measureTail(servers: BenchServers, plan: TailPlan): Promise<Tail> {
  const { contenders, benchCase, rate, rounds, times, onProgress } = plan
  const samples = new Map<Contender, Sample[]>(contenders.map((contender) => [contender, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const [contender, taken] of samples) {
      onProgress(`round ${round} of ${rounds}: ${benchCase.name}, ${rate} a second, ${contender.name}`)
      taken.push(await servers.sample(contender, (target) => openLoop(benchCase, target, rate), times))
    }
  }
  const medians = [...samples].map(([{ name }, taken]) => [name, medianSample(taken)])
  return { case: benchCase.name, rate, medians: Object.fromEntries(medians) }
}
