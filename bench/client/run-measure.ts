import { forkModule } from './fork-module.ts'
import type { BurstFigures } from './measures/measure-burst.ts'
import type { DeliveryFigures } from './measures/measure-delivery.ts'
import type { MemoryFigures } from './measures/measure-memory.ts'
import type { RecorderName } from './recorders/recorders.ts'

export interface Figures {
  delivery: DeliveryFigures
  burst: BurstFigures
  memory: MemoryFigures
}

export type MeasureName = keyof Figures

/**
 * Runs one measure of one recorder in a separate process.
 * @throws Error if that process ends without figures.
 */
export function runMeasure<Name extends MeasureName>(
  measure: Name,
  recorder: RecorderName,
  events: number,
): Promise<Figures[Name]> {
  const args = [measure, recorder, String(events)]
  const child = forkModule(new URL('./measure-process.ts', import.meta.url), args, ['--expose-gc'])
  return new Promise((resolve, reject) => {
    let figures: Figures[Name] | undefined
    child.once('message', (message) => {
      figures = message as Figures[Name]
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (figures) resolve(figures)
      else reject(new Error(`the ${measure} of ${recorder} was not measured: its process ended with ${signal ?? code}`))
    })
  })
}
