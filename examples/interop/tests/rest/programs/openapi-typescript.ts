import createClient from 'openapi-fetch'
import type { components, paths } from './generated/gateway.ts'
import { BASE_URL, eventInputs, handshakeInput, print, projectInput, sessionInput, TIME } from './session-inputs.ts'

type Problem = components['schemas']['Problem']

function getData<Data>({ data, error }: { data?: Data; error?: Problem }): Data {
  if (data === undefined) throw new Error(error?.detail)
  return data
}

const gateway = createClient<paths>({ baseUrl: BASE_URL })
const { mcp_session_token } = getData(await gateway.POST('/handshake', { body: handshakeInput }))
const header = { 'x-mcp-session-token': mcp_session_token }
const params = { header }
const { project_id } = getData(await gateway.POST('/projects/resolve', { params, body: projectInput }))
const opening = { ...sessionInput, project_id }
const { session_id } = getData(await gateway.POST('/sessions', { params, body: opening }))
const events = eventInputs(session_id)
const batch = getData(await gateway.POST('/signals/events/batch', { params, body: { events } }))
const query = { session_id, limit: 20 }
const insights = getData(await gateway.GET('/signals/insights', { params: { header, query } }))
const { error } = await gateway.POST('/signals/events/batch', { params, body: { events: [...events, ...events] } })
const problem: Problem | undefined = error
const { status } = getData(
  await gateway.PATCH('/sessions/{session_id}', {
    params: { header, path: { session_id } },
    body: { status: 'completed', end_time: TIME },
  }),
)
print({
  session_id,
  accepted: batch.results.filter((result) => result.status === 'accepted').length,
  insights: insights.map(({ title }) => title),
  status,
  problem: { code: problem?.code ?? '', detail: problem?.detail ?? '' },
})
