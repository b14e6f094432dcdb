import fetchClient, { type Client } from '@kubb/plugin-client/clients/fetch'
import {
  handshake,
  type Problem,
  projectsResolve,
  sessionsCreate,
  sessionsUpdate,
  signalsIngestBatch,
  signalsInsights,
} from './generated/index.ts'
import { BASE_URL, eventInputs, handshakeInput, print, projectInput, sessionInput, TIME } from './session-inputs.ts'

class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail)
  }
}

// Kubb's fetch client sends JSON as text/plain unless a header says otherwise, and resolves for an error status.
fetchClient.setConfig({ baseURL: BASE_URL, headers: { 'content-type': 'application/json' } })
const client: Client = async (config) => {
  const response = await fetchClient<unknown>(config)
  if (response.status >= 400) throw new ProblemError(response.data as Problem)
  return response as never
}

const server = await handshake(handshakeInput, undefined, { client })
const headers = { 'x-mcp-session-token': server.mcp_session_token }
const { project_id } = await projectsResolve(projectInput, headers, { client })
const { session_id } = await sessionsCreate({ ...sessionInput, project_id }, headers, { client })
const events = eventInputs(session_id)
const batch = await signalsIngestBatch({ events }, headers, { client })
const insights = await signalsInsights({ session_id, limit: 20 }, headers, { client })
const error = await signalsIngestBatch({ events: [...events, ...events] }, headers, { client }).then(
  () => undefined,
  (error: unknown) => error,
)
if (!(error instanceof ProblemError)) throw new Error('no problem arrived')
const ended = await sessionsUpdate(session_id, { status: 'completed', end_time: TIME }, headers, { client })
print({
  session_id,
  accepted: batch.results.filter(({ status }) => status === 'accepted').length,
  insights: insights.map(({ title }) => title),
  status: ended.status,
  problem: { code: error.problem.code, detail: error.problem.detail },
})
