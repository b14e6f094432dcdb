import type { RecorderName } from './recorders/recorders.ts'
import { type Figures, runMeasure } from './run-measure.ts'

/** As many as our client and posthog-node hold by default. */
const MOST_WAITING_EVENTS = 10_000

/** Measures all of one recorder once, each measure in a process of its own. */
export const measureRecorder = async (name: RecorderName, events: number): Promise<Figures> => ({
  delivery: await runMeasure('delivery', name, events),
  burst: await runMeasure('burst', name, events),
  memory: await runMeasure('memory', name, Math.min(events, MOST_WAITING_EVENTS)),
})
