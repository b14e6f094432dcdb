import type { EventBatchResponse, MCPHandshakeResponse } from '@achilles/mcp-contract'
import type { SampleEvent } from '../recorders/recorder.ts'

interface Endpoint {
  /** The `payload.sequence` of each event in the body. */
  getSequences(body: unknown): number[]
  respond(body: unknown): unknown
}

type EventBatch = { json: { events: (SampleEvent & { event_id: string })[] } }

const HANDSHAKE: MCPHandshakeResponse = {
  server_name: 'sink',
  server_version: '1.0.0',
  mcp_session_token: 'mst_sink',
  // The same value as in the embedded Core.
  preferred_batch_size: 200,
  max_payload_bytes: 5 * 1024 * 1024,
  features: {},
}

const toResult = (json: unknown) => ({ result: { data: { json } } })
const always = (response: unknown): Endpoint => ({ getSequences: () => [], respond: () => response })
const getEvents = (body: unknown) => (body as EventBatch).json.events

/** The gateway's tRPC calls that a session makes if it only records. */
const GATEWAY_ENDPOINTS: Readonly<Record<string, Endpoint>> = {
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

type Batch = { batch: { properties: SampleEvent }[] }

const POSTHOG_ENDPOINT: Endpoint = {
  getSequences: (body) => (body as Batch).batch.map(({ properties }) => properties.payload.sequence),
  respond: () => ({ status: 1 }),
}

type KeyValue = { key: string; value: { intValue?: number; kvlistValue?: { values: KeyValue[] } } }
type Logs = { resourceLogs: { scopeLogs: { logRecords: { attributes: KeyValue[] }[] }[] }[] }

const getValue = (values: KeyValue[] | undefined, key: string) => values?.find((value) => value.key === key)?.value

const OTLP_ENDPOINT: Endpoint = {
  getSequences: (body) =>
    (body as Logs).resourceLogs
      .flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
      .map(({ attributes }) =>
        Number(getValue(getValue(attributes, 'payload')?.kvlistValue?.values, 'sequence')?.intValue),
      ),
  respond: () => ({}),
}

export const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  ...GATEWAY_ENDPOINTS,
  '/batch/': POSTHOG_ENDPOINT,
  '/v1/logs': OTLP_ENDPOINT,
}
