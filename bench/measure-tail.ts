import type { BenchCase } from './cases.ts'
import type { Contender } from './contenders/contender.ts'
import { medianSample } from './figures/measurement.ts'
import { openLoop } from './load/open-loop.ts'
import type { Sample, SampleTimes } from './sample/take-sample.ts'
import type { Stage } from './stage.ts'

/** How long answers take at a rate that a server sustains easily. */
export interface Tail {
  case: string
  /** Calls a second that all got alike: half of what the first contender answers at its fastest. */
  rate: number
  /** The median over rounds for each contender, by its name. */
  medians: Record<string, Sample>
}

/** What is measured. */
export interface TailPlan {
  contenders: readonly Contender[]
  benchCase: BenchCase
  rate: number
  rounds: number
  times: SampleTimes
  onProgress: (doing: string) => void
}

/** Gives each contender the same calls a second, in interleaved rounds. */
export async function measureTail(stage: Stage, plan: TailPlan): Promise<Tail> {
  const { contenders, benchCase, rate, rounds, times, onProgress } = plan
  const samples = new Map<Contender, Sample[]>(contenders.map((contender) => [contender, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const [contender, taken] of samples) {
      onProgress(`round ${round} of ${rounds}: ${benchCase.name}, ${rate} a second, ${contender.name}`)
      taken.push(await stage.sample(contender, (target) => openLoop(benchCase, target, rate), times))
    }
  }
  const medians = [...samples].map(([{ name }, taken]) => [name, medianSample(taken)])
  return { case: benchCase.name, rate, medians: Object.fromEntries(medians) }
}
