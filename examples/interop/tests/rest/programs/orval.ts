import {
  handshake,
  type Problem,
  projectsResolve,
  sessionsCreate,
  sessionsUpdate,
  signalsIngestBatch,
  signalsInsights,
} from './generated/gateway.ts'
import { eventInputs, handshakeInput, print, projectInput, sessionInput, TIME } from './session-inputs.ts'

const server = await handshake(handshakeInput)
if (server.status !== 200) throw new Error(server.data.detail)
const options = { headers: { 'x-mcp-session-token': server.data.mcp_session_token } }
const project = await projectsResolve(projectInput, options)
if (project.status !== 200) throw new Error(project.data.detail)
const session = await sessionsCreate({ ...sessionInput, project_id: project.data.project_id }, options)
if (session.status !== 200) throw new Error(session.data.detail)
const { session_id } = session.data
const events = eventInputs(session_id)
const batch = await signalsIngestBatch({ events }, options)
if (batch.status !== 200) throw new Error(batch.data.detail)
const insights = await signalsInsights({ session_id, limit: 20 }, options)
if (insights.status !== 200) throw new Error(insights.data.detail)
const rejected = await signalsIngestBatch({ events: [...events, ...events] }, options)
if (rejected.status !== 400) throw new Error(`responded with ${rejected.status}`)
const problem: Problem = rejected.data
const ended = await sessionsUpdate(session_id, { status: 'completed', end_time: TIME }, options)
if (ended.status !== 200) throw new Error(ended.data.detail)
print({
  session_id,
  accepted: batch.data.results.filter(({ status }) => status === 'accepted').length,
  insights: insights.data.map(({ title }) => title),
  status: ended.data.status,
  problem: { code: problem.code, detail: problem.detail },
})
