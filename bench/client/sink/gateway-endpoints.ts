import type { EventBatchResponse, MCPHandshakeResponse } from '@achilles/mcp-contract'
import type { SampleEvent } from '../sample-event.ts'
import type { Endpoint } from './endpoint.ts'

type EventBatch = { json: { events: (SampleEvent & { event_id: string })[] } }

const HANDSHAKE: MCPHandshakeResponse = {
  server_name: 'sink',
  server_version: '1.0.0',
  mcp_session_token: 'mst_sink',
  // As the embedded Core responds.
  preferred_batch_size: 200,
  max_payload_bytes: 5 * 1024 * 1024,
  features: {},
}

const toResult = (json: unknown) => ({ result: { data: { json } } })
const always = (response: unknown): Endpoint => ({ getSequences: () => [], respond: () => response })
const getEvents = (body: unknown) => (body as EventBatch).json.events

/** The gateway's tRPC calls that a session makes if it only records. */
export const GATEWAY_ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/trpc/handshake?batch=1': always([toResult(HANDSHAKE)]),
  '/trpc/sessions.create': always(toResult({ session_id: 'ses_bench', status: 'active' })),
  '/trpc/signals.ingestBatch': {
    getSequences: (body) => getEvents(body).map(({ payload }) => payload.sequence),
    respond(body) {
      const results = getEvents(body).map(({ event_id }) => ({ event_id, status: 'accepted' as const }))
      return toResult({ results, failed: [] } satisfies EventBatchResponse)
    },
  },
}
