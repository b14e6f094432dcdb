import type { OpenRecorder } from '../recorders/recorder.ts'
import { sampleEvent } from '../sample-event.ts'
import { startSink } from '../sink/start-sink.ts'

/** The cost of recording and delivering while no queue overflows. */
export interface DeliveryFigures {
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

/** Records events in bursts and waits until each burst is delivered. Run it in a new process. */
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
