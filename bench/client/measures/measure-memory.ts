import type { OpenRecorder } from '../recorders/recorder.ts'
import { sampleEvent } from '../sample-event.ts'
import { startSink } from '../sink/start-sink.ts'

/** What events weigh while they wait. */
export interface MemoryFigures {
  bytesPerHeldEvent: number
  /** How many of those recorded the library still had. */
  held: number
}

const WARM_UP_EVENTS = 1_000

/**
 * Records events while the server answers nothing, and weighs what is held. How many those are shows afterwards, when the
 * server answers again: they are what arrives.
 */
export async function measureMemory(open: OpenRecorder, events: number): Promise<MemoryFigures> {
  const sink = await startSink()
  const recorder = await open(sink.url)
  // What is loaded, compiled and connected at first use is no event's weight.
  for (let sequence = 0; sequence < WARM_UP_EVENTS; sequence++) recorder.record(sampleEvent(sequence))
  await recorder.flush()
  const { events: arrivedBefore } = await sink.arrived()
  await sink.hold()
  const bytesBefore = bytesInUse()
  for (let index = 0; index < events; index++) recorder.record(sampleEvent(WARM_UP_EVENTS + index))
  await recorder.persisted?.()
  await sink.untilHeld()
  const bytes = bytesInUse() - bytesBefore
  await sink.release()
  await recorder.flush()
  const { events: arrived } = await sink.arrived()
  await recorder.close()
  await sink.stop()
  const held = arrived - arrivedBefore
  return { bytesPerHeldEvent: bytes / held, held }
}

function bytesInUse(): number {
  if (!globalThis.gc) throw new Error('needs --expose-gc')
  // Twice, since what the first one finalizes is freed by the second.
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
