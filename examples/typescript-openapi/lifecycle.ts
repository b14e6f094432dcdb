import createClient from 'openapi-fetch'
import type { components, paths } from './gateway-api.ts'

type Event = components['schemas']['MCPEvent']
type Problem = components['schemas']['Problem']

const gateway = createClient<paths>({
  baseUrl: `${process.env.GATEWAY_URL ?? 'http://127.0.0.1:8080'}/api/achilles/v1/mcp`,
  headers: process.env.GATEWAY_KEY ? { authorization: `Bearer ${process.env.GATEWAY_KEY}` } : {},
})
const workspace_id = 'ws-checkout'

const { mcp_session_token, preferred_batch_size } = done(
  await gateway.POST('/handshake', { body: { client_name: 'openapi', client_version: '1.0.0', workspace_id } }),
)
const header = { 'x-mcp-session-token': mcp_session_token }

const { project_id } = done(
  await gateway.POST('/projects/resolve', {
    params: { header },
    body: { workspace_id, workspace_root: '/home/ada/checkout', create_if_missing: true },
  }),
)
const { session_id } = done(
  await gateway.POST('/sessions', {
    params: { header },
    body: {
      external_session_key: 'openapi-typescript',
      user_id: 'ada',
      workspace_id,
      project_id,
      start_time: '2026-03-04T09:00:00Z',
    },
  }),
)
const events: Event[] = Array.from({ length: 6 }, (_, index) => ({
  event_id: `openapi-typescript-${index}`,
  event_type: 'error',
  source_type: 'ide',
  session_id,
  timestamp: `2026-03-04T09:05:0${index}Z`,
}))
const { results } = done(
  await gateway.POST('/signals/events/batch', {
    params: { header },
    body: { events: events.slice(0, preferred_batch_size) },
  }),
)
const insights = done(await gateway.GET('/signals/insights', { params: { header, query: { session_id, limit: 20 } } }))
const { snapshot_type } = done(
  await gateway.POST('/state/session', {
    params: { header: { ...header, 'idempotency-key': 'openapi-typescript-branch' } },
    body: { session_id, snapshot_type: 'workspace_state', payload: { branch: 'main' } },
  }),
)
const { status, end_time } = done(
  await gateway.PATCH('/sessions/{session_id}', {
    params: { header, path: { session_id } },
    body: { status: 'completed', end_time: '2026-03-04T17:30:00Z' },
  }),
)

const answers = {
  events: results.length,
  insights: insights.map(({ title, severity }) => `${title} (${severity})`),
  snapshot_type,
  status,
  end_time,
}
process.stdout.write(`${JSON.stringify(answers, null, 2)}\n`)

/** Every error is a problem, on every path. */
function done<Answer>({ data, error }: { data?: Answer; error?: Problem }): Answer {
  if (data === undefined) throw new Error(`${error?.code}: ${error?.detail} (request ${error?.request_id})`)
  return data
}
