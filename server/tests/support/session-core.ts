import { type CompleteEvent, type MCPSessionCreate, type MCPSessionUpdate, parseJson } from '@achilles/mcp-contract'
import { operationNamed } from './operations.ts'
import { reply, type Script, type ScriptedCore } from './scripted-core.ts'

/** What a Core has stored. Its sessions have the ids `ses_1`, `ses_2` … */
export interface StoredSessions {
  /** Sessions by their id. */
  sessions: Map<string, MCPSessionCreate>
  events: CompleteEvent[]
  updates: MCPSessionUpdate[]
  /** Method and path of each call, in order. */
  calls: string[]
  /** Events that Core rejects, by id. */
  rejected: Map<string, string>
  /** Forgets all sessions, as a Core with an empty database. */
  forget(): void
}

const SESSION = operationNamed('sessions.create').answer as object

/** Makes a Core store sessions and events; `override` handles a call if it returns true. */
export function storeSessions(
  core: ScriptedCore,
  override: (...call: Parameters<Script>) => boolean = () => false,
): StoredSessions {
  let next = 1
  const stored: StoredSessions = {
    sessions: new Map(),
    events: [],
    updates: [],
    calls: [],
    rejected: new Map(),
    forget: () => stored.sessions.clear(),
  }
  core.answer((request, response, attempt) => {
    const call = `${request.method} ${request.url}`
    stored.calls.push(call)
    if (override(request, response, attempt)) return
    const body = request.text === '' ? {} : parseJson(request.text)
    const send = (status: number, answer: unknown) => reply(status, answer)(request, response, attempt)
    const [, updated] = /^PATCH \/mcp\/sessions\/(.*)$/.exec(call) ?? []
    if (updated !== undefined) {
      if (!stored.sessions.has(updated)) return send(404, { detail: `session ${updated} is unknown` })
      stored.updates.push({ ...(body as MCPSessionUpdate), session_id: updated })
      send(200, { ...SESSION, session_id: updated })
    } else if (call === 'POST /mcp/sessions') {
      const created = body as MCPSessionCreate
      const known = [...stored.sessions].find(([, session]) => hasSameKey(session, created))
      const session_id = known?.[0] ?? `ses_${next++}`
      if (!known) stored.sessions.set(session_id, created)
      send(200, { ...SESSION, ...created, session_id })
    } else if (call === 'POST /projects/resolve') {
      send(200, { project_id: 'prj_1', created: true })
    } else if (call === 'POST /signals/events/batch') {
      send(200, ingest((body as { events: CompleteEvent[] }).events, stored))
    } else send(404, { detail: 'Not Found' })
  })
  return stored
}

const hasSameKey = (a: MCPSessionCreate, b: MCPSessionCreate) =>
  a.external_session_key === b.external_session_key && a.workspace_id === b.workspace_id

function ingest(events: CompleteEvent[], { sessions, events: stored, rejected }: StoredSessions) {
  const results: object[] = []
  const failed: object[] = []
  for (const event of events) {
    const { event_id, session_id } = event
    const error = rejected.get(event_id)
    const isStored = stored.some((other) => other.event_id === event_id && other.session_id === session_id)
    if (!sessions.has(session_id)) {
      failed.push({ event_id, error: `session ${session_id} is unknown`, code: 'UNKNOWN_SESSION' })
    } else if (error !== undefined) failed.push({ event_id, error })
    else {
      if (!isStored) stored.push(event)
      results.push({ event_id, status: isStored ? 'duplicate' : 'accepted' })
    }
  }
  return { results, failed }
}
