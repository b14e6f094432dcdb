import type { OpenRecorder } from '../recorders/recorder.ts'
import { sampleEvent } from '../sample-event.ts'
import { startSink } from '../sink/start-sink.ts'

export interface MemoryFigures {
  bytesPerHeldEvent: number
  /** How many of the recorded events the library kept. */
  held: number
}

const WARM_UP_EVENTS = 1_000

/**
 * Measures memory while the server does not respond. The number of held events is known afterwards: it is how many arrive
 * once the server responds again.
 */
export async function measureMemory(open: OpenRecorder, events: number): Promise<MemoryFigures> {
  const sink = await startSink()
  const recorder = await open(sink.url)
  // Warm-up: memory for modules, compiled code and connections does not count.
  for (let sequence = 0; sequence < WARM_UP_EVENTS; sequence++) recorder.record(sampleEvent(sequence))
  await recorder.flush()
  const { events: arrivedBefore } = await sink.arrived()
  await sink.hold()
  const bytesBefore = getBytesInUse()
  for (let index = 0; index < events; index++) recorder.record(sampleEvent(WARM_UP_EVENTS + index))
  await recorder.persisted?.()
  await sink.untilHeld()
  const bytes = getBytesInUse() - bytesBefore
  await sink.release()
  await recorder.flush()
  const { events: arrived } = await sink.arrived()
  await recorder.close()
  await sink.stop()
  const held = arrived - arrivedBefore
  return { bytesPerHeldEvent: bytes / held, held }
}

function getBytesInUse(): number {
  if (!globalThis.gc) throw new Error('needs --expose-gc')
  // Twice: the second run frees what the first one finalized.
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
