import { median } from '../figures/median.ts'
import type { Figures } from './run-measure.ts'

export const medianFigures = (rounds: readonly Figures[]): Figures => ({
  delivery: getMedians(rounds.map(({ delivery }) => delivery)),
  burst: getMedians(rounds.map(({ burst }) => burst)),
  memory: getMedians(rounds.map(({ memory }) => memory)),
})

function getMedians<Sample extends { [Figure in keyof Sample]: number }>(samples: readonly Sample[]): Sample {
  const figures = Object.keys(samples[0] ?? {}) as (keyof Sample)[]
  return Object.fromEntries(figures.map((figure) => [figure, median(samples.map((one) => one[figure]))])) as Sample
}
