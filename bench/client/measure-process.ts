import { type MeasureName, measureBurst, measureDelivery, measureMemory } from './measures.ts'
import { RECORDERS, type RecorderName } from './recorders/recorders.ts'

// Entry point of a child process: measures one recorder once and sends the figures to its parent.
const MEASURES = { delivery: measureDelivery, burst: measureBurst, memory: measureMemory }

const [measure, recorder, events] = process.argv.slice(2)
const figures = await MEASURES[measure as MeasureName](RECORDERS[recorder as RecorderName], Number(events))
process.send?.(figures, () => process.disconnect())
