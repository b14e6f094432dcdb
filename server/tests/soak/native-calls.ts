import { createGatewayClient, isGatewayError } from '@achilles/mcp-client'
import { newEvent, newSession } from '../../../embedded-core/src/testing/requests.ts'
import type { SoakCall, SoakTarget } from './soak-call.ts'

const BATCH_EVENTS = 30

/** Native calls: single, batched, rejected, and aborted. */
export function nativeCalls({ url, session_id, external_session_key }: SoakTarget): SoakCall[] {
  const gateway = createGatewayClient({ url, retries: 0 })
  const events = () => Array.from({ length: BATCH_EVENTS }, () => newEvent(session_id, { payload: { text: 'x' } }))
  const badEvent = () => newEvent(session_id, { timestamp: 'noon' })
  return [
    { name: 'native health', make: () => gateway.health.query() },
    { name: 'native create', make: () => gateway.sessions.create.mutate(newSession()) },
    { name: 'native update', make: () => gateway.sessions.update.mutate({ session_id, status: 'active' }) },
    { name: 'native resolve', make: () => gateway.sessions.resolve.query({ external_session_key }) },
    { name: 'native events', make: () => gateway.signals.ingestBatch.mutate({ events: events() }) },
    { name: 'native insights', make: () => gateway.signals.insights.query({ session_id, limit: 5 }) },
    { name: 'native refused', make: () => refused(400, gateway.signals.ingest.mutate(badEvent())) },
    { name: 'native unknown', make: () => refused(404, gateway.signals.insights.query({ session_id: 'none' })) },
    {
      name: 'native batch',
      make: () =>
        Promise.all([
          gateway.health.query(),
          gateway.coreHealth.query(),
          gateway.sessions.resolve.query({ external_session_key }),
          gateway.signals.ingest.mutate(newEvent(session_id)),
          gateway.state.snapshot.mutate({ session_id, snapshot_type: 'custom', payload: {} }),
          refused(400, gateway.signals.ingest.mutate(badEvent())),
        ]),
    },
    {
      name: 'native hang-up',
      async make() {
        const signal = AbortSignal.timeout(Math.floor(Math.random() * 10))
        await gateway.signals.ingestBatch.mutate({ events: events() }, { signal }).catch((error) => {
          if (!signal.aborted) throw error
        })
      },
    },
  ]
}

async function refused(status: number, call: Promise<unknown>): Promise<void> {
  const outcome = await call.catch((error: unknown) => error)
  if (isGatewayError(outcome) && outcome.data.status === status) return
  throw new Error(`${status} was due: ${outcome}`)
}
