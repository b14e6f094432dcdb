import type { EventBatchResponse, MCPHandshakeResponse } from '@achilles/mcp-contract'
import type { SampleEvent } from '../sample-event.ts'
import type { Endpoint } from './endpoint.ts'

type EventBatch = { json: { events: (SampleEvent & { event_id: string })[] } }

const HANDSHAKE: MCPHandshakeResponse = {
  server_name: 'sink',
  server_version: '1.0.0',
  mcp_session_token: 'mst_sink',
  // What the embedded Core grants.
  preferred_batch_size: 200,
  max_payload_bytes: 5 * 1024 * 1024,
  features: {},
}

const dataOf = (json: unknown) => ({ result: { data: { json } } })
const always = (answer: unknown): Endpoint => ({ sequencesIn: () => [], answerTo: () => answer })
const eventsOf = (body: unknown) => (body as EventBatch).json.events

/** The calls of the gateway that a session which only records makes, as tRPC over HTTP has them. */
export const GATEWAY_ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/trpc/handshake?batch=1': always([dataOf(HANDSHAKE)]),
  '/trpc/sessions.create': always(dataOf({ session_id: 'ses_bench', status: 'active' })),
  '/trpc/signals.ingestBatch': {
    sequencesIn: (body) => eventsOf(body).map(({ payload }) => payload.sequence),
    answerTo(body) {
      const results = eventsOf(body).map(({ event_id }) => ({ event_id, status: 'accepted' as const }))
      return dataOf({ results, failed: [] } satisfies EventBatchResponse)
    },
  },
}
