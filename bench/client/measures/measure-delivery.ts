import type { OpenRecorder } from '../recorders/recorder.ts'
import { sampleEvent } from '../sample-event.ts'
import { startSink } from '../sink/start-sink.ts'

/** What recording and delivering costs while no queue overflows. */
export interface DeliveryFigures {
  /** Of the time that the recording calls take. */
  recordedPerSecond: number
  /** Of all the time until the last event has arrived. */
  deliveredPerSecond: number
  /** Of the recording process, with all that it does to deliver. */
  cpuMicrosPerEvent: number
  bytesPerEvent: number
  arrived: number
}

/** Half of what the smallest of the queues compared takes. */
const BURST_EVENTS = 1_000

/** Records events in bursts and waits for each to be delivered, in a process that has just started. */
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
