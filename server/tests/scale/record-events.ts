import { setTimeout as delay } from 'node:timers/promises'
import { type GatewayClient, type Ledger, openSession } from '@achilles/mcp-client'
import { chaosEvent } from '../chaos/chaos-event.ts'

const AT_ONCE = 10
const PAUSE_MS = 50
const FLUSH_INTERVAL_MS = 250
const END_WITHIN_MS = 60_000

export interface RecordOptions {
  /** The number of the session, and of its user. */
  name: string
  /** The number of the next event, shared by all sessions. */
  nextNumber: () => number
  /** Called with the id of each event. */
  onRecorded: (event_id: string) => void
  /** Stops recording, not sending. */
  until: AbortSignal
}

/** Records events through a session like an extension, ends it, and returns the outcome of the events. */
export async function recordEvents(gateway: GatewayClient, options: RecordOptions): Promise<Ledger> {
  const { name, nextNumber, onRecorded, until } = options
  const session = await openSession(gateway, {
    client_name: 'scale',
    client_version: '1.0.0',
    workspace_id: 'ws-scale',
    user_id: name,
    external_session_key: name,
    flushIntervalMs: FLUSH_INTERVAL_MS,
  })
  while (!until.aborted) {
    for (let one = 0; one < AT_ONCE; one++) {
      const { session_id: _, ...event } = chaosEvent(nextNumber(), '')
      onRecorded(session.record(event))
    }
    await delay(PAUSE_MS)
  }
  await session.end('completed', { deadlineMs: END_WITHIN_MS })
  return session.ledger()
}
