import type { ProcessSample } from './process-sample.ts'

const HEAP_TOLERANCE = 0.1
/** Tolerance for keep-alive connections, which may be open or closed. */
const HANDLES_TOLERANCE = 12

/** Describes what grew too much between two samples; empty if nothing did. */
export function leaks(before: ProcessSample, after: ProcessSample): string[] {
  const heap = after.heapBytes / before.heapBytes - 1
  const handles = after.handles - before.handles
  return [
    ...(heap > HEAP_TOLERANCE ? [`the heap grew by ${(heap * 100).toFixed(1)} %`] : []),
    ...(handles > HANDLES_TOLERANCE ? [`${handles} more handles are open`] : []),
  ]
}
