/** The state of a process right after a garbage collection. */
export interface ProcessSample {
  heapBytes: number
  /** Memory outside the heap that belongs to heap objects, such as buffers. */
  externalBytes: number
  rssBytes: number
  handles: number
  /** CPU time in microseconds before the collection, and after it. */
  cpu: { before: number; after: number }
}
