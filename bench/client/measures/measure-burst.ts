import type { OpenRecorder } from '../recorders/recorder.ts'
import { sampleEvent } from '../sample-event.ts'
import { startSink } from '../sink/start-sink.ts'

export interface BurstFigures {
  recordedPerSecond: number
  arrived: number
}

/** Records all events at once and counts how many arrive. */
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
