/** How a process is, right after its garbage was collected. */
export interface ProcessSample {
  heapBytes: number
  /** Outside the heap, but held by it: buffers. */
  externalBytes: number
  rssBytes: number
  /** Open files, sockets and the like. */
  handles: number
}
