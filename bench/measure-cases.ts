import type { BenchCase } from './cases.ts'
import type { Contender } from './contenders/contender.ts'
import { type Measurement, medianSample } from './figures/measurement.ts'
import { closedLoop } from './load/closed-loop.ts'
import type { Sample, SampleTimes } from './sample/take-sample.ts'
import type { Stage } from './stage.ts'

/** What is measured, and how long. */
export interface BenchPlan {
  contenders: readonly Contender[]
  cases: readonly BenchCase[]
  connections: readonly number[]
  rounds: number
  times: SampleTimes
  /** Told what is measured next. */
  onProgress: (doing: string) => void
}

/** How long a contender works at least before anything counts, over all its scenes, and in each. */
const WARM_UP_MS = 3000
const SHORTEST_WARM_UP_MS = 500

interface Scene {
  contender: Contender
  benchCase: BenchCase
  connections: number
}

/**
 * Measures every contender in every case that it can serve, as fast as it answers. Rounds are interleaved: each takes one
 * sample of everything, contenders right after one another, so that a slow minute of the machine is nobody's alone. A round
 * to warm up comes before the first, since code that just started is yet to be compiled.
 */
export async function measureCases(stage: Stage, plan: BenchPlan): Promise<Measurement[]> {
  const { rounds, times, onProgress } = plan
  const scenes = scenesOf(plan)
  const sampleOf = ({ contender, benchCase, connections }: Scene, wanted: SampleTimes) =>
    stage.sample(contender, (target) => closedLoop(benchCase, target, connections), wanted)

  for (const scene of scenes) {
    const { contender, benchCase, connections } = scene
    onProgress(`warm-up: ${benchCase.name}, ${connections} connections, ${contender.name}`)
    const share = WARM_UP_MS / scenes.filter((one) => one.contender === contender).length
    await sampleOf(scene, { warmMs: 0, measureMs: Math.max(share, SHORTEST_WARM_UP_MS) })
  }
  const samples = new Map<Scene, Sample[]>(scenes.map((scene) => [scene, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const scene of scenes) {
      const { contender, benchCase, connections } = scene
      onProgress(`round ${round} of ${rounds}: ${benchCase.name}, ${connections} connections, ${contender.name}`)
      samples.get(scene)?.push(await sampleOf(scene, times))
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

const scenesOf = ({ contenders, cases, connections: counts }: BenchPlan): Scene[] =>
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
