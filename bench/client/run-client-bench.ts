import { availableParallelism, cpus } from 'node:os'
import { libraryVersions } from './library-versions.ts'
import { measureRecorder } from './measure-recorder.ts'
import { medianFigures } from './median-figures.ts'
import { RECORDER_NAMES, type RecorderName } from './recorders/recorders.ts'
import type { Figures } from './run-measure.ts'

/** `onMeasured` is called after each recorder of each round. */
export interface ClientBenchOptions {
  rounds: number
  events: number
  onMeasured?: (round: number, recorder: RecorderName) => void
}

export interface ClientBench {
  node: string
  cpu: string
  cores: number
  versions: Record<string, string>
  rounds: number
  events: number
  recorders: { name: RecorderName; median: Figures; rounds: Figures[] }[]
}

/** Measures each recorder once per round, interleaved, so that other load on the machine affects all of them. */
export async function runClientBench({ rounds, events, onMeasured }: ClientBenchOptions): Promise<ClientBench> {
  const measured = RECORDER_NAMES.map((name) => ({ name, rounds: [] as Figures[] }))
  for (let round = 1; round <= rounds; round++) {
    for (const recorder of measured) {
      recorder.rounds.push(await measureRecorder(recorder.name, events))
      onMeasured?.(round, recorder.name)
    }
  }
  return {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    versions: libraryVersions(),
    rounds,
    events,
    recorders: measured.map(({ name, rounds }) => ({ name, median: medianFigures(rounds), rounds })),
  }
}
