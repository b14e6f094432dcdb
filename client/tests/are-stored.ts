import type { GatewayClient } from '../src/index.ts'

/** Asks Core, not the recorder, whether it has stored the events of these ids: then they are duplicates. */
export async function areStored(gateway: GatewayClient, ids: readonly string[], session_id: string): Promise<boolean> {
  const again = { event_type: 'file_edited', source_type: 'ide', session_id, timestamp: new Date() } as const
  for (let start = 0; start < ids.length; start += 50) {
    const events = ids.slice(start, start + 50).map((event_id) => ({ ...again, event_id }))
    const { results } = await gateway.signals.ingestBatch.mutate({ events })
    if (results.length !== events.length || results.some(({ status }) => status !== 'duplicate')) return false
  }
  return true
}
