import { client } from './generated/client.gen.ts'
import {
  handshake,
  projectsResolve,
  sessionsCreate,
  sessionsUpdate,
  signalsIngestBatch,
  signalsInsights,
} from './generated/sdk.gen.ts'
import type { Problem } from './generated/types.gen.ts'
import { BASE_URL, eventInputs, handshakeInput, print, projectInput, sessionInput, TIME } from './session-inputs.ts'

client.setConfig({ baseUrl: BASE_URL })

const throwOnError = true
const { data: server } = await handshake({ body: handshakeInput, throwOnError })
const headers = { 'x-mcp-session-token': server.mcp_session_token }
const { data: project } = await projectsResolve({ body: projectInput, headers, throwOnError })
const opening = { ...sessionInput, project_id: project.project_id }
const { data: session } = await sessionsCreate({ body: opening, headers, throwOnError })
const { session_id } = session
const events = eventInputs(session_id)
const { data: batch } = await signalsIngestBatch({ body: { events }, headers, throwOnError })
const { data: insights } = await signalsInsights({ body: { session_id, limit: 20 }, headers, throwOnError })
const { error } = await signalsIngestBatch({ body: { events: [...events, ...events] }, headers })
const problem: Problem | undefined = error
const { data: ended } = await sessionsUpdate({
  path: { session_id },
  body: { status: 'completed', end_time: TIME },
  headers,
  throwOnError,
})
print({
  session_id,
  accepted: batch.results.filter(({ status }) => status === 'accepted').length,
  insights: insights.map(({ title }) => title),
  status: ended.status,
  problem: { code: problem?.code ?? '', detail: problem?.detail ?? '' },
})
