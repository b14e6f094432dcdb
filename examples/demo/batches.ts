import type { MCPEvent } from '@achilles/mcp-client'

/** What one batch may hold; `maxBytes` counts the whole request body. */
export interface BatchLimits {
  maxEvents: number
  maxBytes: number
}

/** What the client wraps a batch in. */
const ENVELOPE_BYTES = Buffer.byteLength('{"0":{"json":{"events":[]}}}')

/** Gathers events, in their order, into batches as large as the limits allow; an event too large travels alone. */
export async function* batches(
  events: AsyncIterable<MCPEvent>,
  { maxEvents, maxBytes }: BatchLimits,
): AsyncGenerator<MCPEvent[]> {
  let batch: MCPEvent[] = []
  let bytes = ENVELOPE_BYTES
  for await (const event of events) {
    const size = Buffer.byteLength(JSON.stringify(event)) + ','.length
    if (batch.length > 0 && (batch.length === maxEvents || bytes + size > maxBytes)) {
      yield batch
      batch = []
      bytes = ENVELOPE_BYTES
    }
    batch.push(event)
    bytes += size
  }
  if (batch.length > 0) yield batch
}
