import type { RecorderName } from './recorders/recorders.ts'
import { type Figures, runMeasure } from './run-measure.ts'

/** The number of events that our client and posthog-node hold by default. */
const MAX_HELD_EVENTS = 10_000

/** Runs each measure once for one recorder, each in a separate process. */
export const measureRecorder = async (name: RecorderName, events: number): Promise<Figures> => ({
  delivery: await runMeasure('delivery', name, events),
  burst: await runMeasure('burst', name, events),
  memory: await runMeasure('memory', name, Math.min(events, MAX_HELD_EVENTS)),
})
