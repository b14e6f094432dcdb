import { type OpenRecorder, sampleEvent } from './recorders/recorder.ts'
import { startSink } from './sink/start-sink.ts'

export interface Figures {
  delivery: DeliveryFigures
  burst: BurstFigures
  memory: MemoryFigures
}

export type MeasureName = keyof Figures

interface DeliveryFigures {
  /** Based on the time spent in recording calls. */
  recordedPerSecond: number
  /** Based on the total time until the last event has arrived. */
  deliveredPerSecond: number
  /** CPU time of the recording process, delivery included. */
  cpuMicrosPerEvent: number
  bytesPerEvent: number
  arrived: number
}

/** Half the size of the smallest queue among the compared libraries. */
const BURST_EVENTS = 1_000

/** Waits until each burst is delivered, so that no queue overflows. Run it in a new process. */
export async function measureDelivery(open: OpenRecorder, events: number): Promise<DeliveryFigures> {
  const sink = await startSink()
  const recorder = await open(sink.url)
  const { bytes: bytesBefore } = await sink.arrived()
  let recordingMs = 0
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  for (let sequence = 0; sequence < events; ) {
    const end = Math.min(sequence + BURST_EVENTS, events)
    const burstAt = performance.now()
    for (; sequence < end; sequence++) recorder.record(sampleEvent(sequence))
    recordingMs += performance.now() - burstAt
    await recorder.flush()
  }
  const elapsedMs = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpuBefore)
  const { events: arrived, bytes } = await sink.arrived()
  await recorder.close()
  await sink.stop()
  return {
    recordedPerSecond: events / (recordingMs / 1_000),
    deliveredPerSecond: arrived / (elapsedMs / 1_000),
    cpuMicrosPerEvent: (user + system) / events,
    bytesPerEvent: (bytes - bytesBefore) / arrived,
    arrived,
  }
}

interface BurstFigures {
  recordedPerSecond: number
  arrived: number
}

export async function measureBurst(open: OpenRecorder, events: number): Promise<BurstFigures> {
  const sink = await startSink()
  const recorder = await open(sink.url)
  const startedAt = performance.now()
  for (let sequence = 0; sequence < events; sequence++) recorder.record(sampleEvent(sequence))
  const recordingMs = performance.now() - startedAt
  await recorder.flush()
  const { events: arrived } = await sink.arrived()
  await recorder.close()
  await sink.stop()
  return { recordedPerSecond: events / (recordingMs / 1_000), arrived }
}

interface MemoryFigures {
  bytesPerHeldEvent: number
  /** How many of the recorded events the library kept. */
  held: number
}

const WARM_UP_EVENTS = 1_000

/** The server does not respond meanwhile; the number of held events is how many arrive once it does. */
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
