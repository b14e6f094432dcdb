import { median } from '../figures/median.ts'
import type { Figures } from './run-measure.ts'

/** The median of each figure over all rounds. */
export const medianFigures = (rounds: readonly Figures[]): Figures => ({
  delivery: medianOfEach(rounds.map(({ delivery }) => delivery)),
  burst: medianOfEach(rounds.map(({ burst }) => burst)),
  memory: medianOfEach(rounds.map(({ memory }) => memory)),
})

function medianOfEach<Sample extends { [Figure in keyof Sample]: number }>(samples: readonly Sample[]): Sample {
  const figures = Object.keys(samples[0] ?? {}) as (keyof Sample)[]
  return Object.fromEntries(figures.map((figure) => [figure, median(samples.map((one) => one[figure]))])) as Sample
}
