import type { BenchServers } from './bench-servers.ts'
import type { BenchCase } from './cases.ts'
import type { Contender } from './contenders/contender.ts'
import { medianSample } from './figures/measurement.ts'
import { openLoop } from './load/open-loop.ts'
import type { Sample, SampleTimes } from './sample/take-sample.ts'

/** Latencies at a rate that the servers sustain easily. */
export interface Tail {
  case: string
  /** Calls a second, the same for all: half of the first contender's highest rate. */
  rate: number
  /** The median over all rounds, by contender. */
  medians: Record<string, Sample>
}

export interface TailPlan {
  contenders: readonly Contender[]
  benchCase: BenchCase
  rate: number
  rounds: number
  times: SampleTimes
  onProgress: (doing: string) => void
}

/** Measures the contenders at the same rate, in interleaved rounds. */
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
