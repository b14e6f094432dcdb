import type { ProcessSample } from './process-sample.ts'

const HEAP_TOLERANCE = 0.1
/** As many connections as callers may keep open or not. */
const HANDLES_TOLERANCE = 12

/** What grew between two samples more than it may, in words; empty where nothing did. */
export function leaks(before: ProcessSample, after: ProcessSample): string[] {
  const heap = after.heapBytes / before.heapBytes - 1
  const handles = after.handles - before.handles
  return [
    ...(heap > HEAP_TOLERANCE ? [`the heap grew by ${(heap * 100).toFixed(1)} %`] : []),
    ...(handles > HANDLES_TOLERANCE ? [`${handles} more handles are open`] : []),
  ]
}
