import { type InsightOut, MCPHandshakeResponse, SessionOut } from '@achilles/mcp-contract'
import { reply, type Script, type ScriptedCore, startScriptedCore } from './scripted-core.ts'

interface InsightsRequest {
  session_id: string
  since?: string
  limit: number
}

/** A Core that has one session, `s`, and insights of any: created_at increases by a microsecond within a session. */
export interface InsightCore extends ScriptedCore {
  /** Creates insights in a session and returns their ids. */
  create(sessionId: string, count?: number): string[]
  find(request: InsightsRequest): InsightOut[]
  count(sessionId: string): number
  /** The queries for insights since the last `restart`. */
  queries: (InsightsRequest & { headers: Record<string, unknown> })[]
  /** Every request is answered by this script; undefined for insights again. */
  script: Script | undefined
}

const START = Date.parse('2026-03-02T09:00:00Z')

export const newInsight = (sessionId: string, number: number): InsightOut => ({
  insight_id: `${sessionId}-${number}`,
  session_id: sessionId,
  severity: 'low',
  category: 'quality',
  title: 'A finding',
  message: `Number ${number}.`,
  payload: { number },
  created_at: `${new Date(START + Math.floor(number / 1000)).toISOString().slice(0, -1)}${String(number % 1000).padStart(3, '0')}Z`,
})

const exampleOf = (schema: { meta(): { examples?: unknown[] | undefined } | undefined }) => schema.meta()?.examples?.[0]
const session = { ...SessionOut.parse(exampleOf(SessionOut)), session_id: 's' }

const OTHER: Readonly<Record<string, Script>> = {
  'POST /mcp/handshake': reply(200, exampleOf(MCPHandshakeResponse)),
  'POST /mcp/sessions': reply(200, session),
  'PATCH /mcp/sessions/s': reply(200, { ...session, status: 'completed' }),
}

export async function startInsightCore(): Promise<InsightCore> {
  const insights = new Map<string, InsightOut[]>()
  const core: InsightCore = Object.assign(await startScriptedCore(), {
    create(sessionId: string, count = 1) {
      const list = insights.get(sessionId) ?? []
      insights.set(sessionId, list)
      return Array.from({ length: count }, () => {
        const insight = newInsight(sessionId, list.length)
        list.push(insight)
        return insight.insight_id
      })
    },
    find({ session_id, since, limit }: InsightsRequest) {
      const list = insights.get(session_id) ?? []
      // Times of one format sort as text.
      return list
        .filter(({ created_at }) => since === undefined || created_at >= since)
        .slice(0, limit)
        .reverse()
    },
    count: (sessionId: string) => insights.get(sessionId)?.length ?? 0,
    queries: [],
    script: undefined,
  })
  core.answer((request, response, attempt) => {
    if (core.script) return core.script(request, response, attempt)
    if (request.url === '/signals/insights') {
      const query: InsightsRequest = JSON.parse(request.text)
      core.queries.push({ ...query, headers: request.headers })
      return reply(200, core.find(query))(request, response, attempt)
    }
    if (request.url === '/signals/events/batch') {
      const { events } = JSON.parse(request.text)
      const results = events.map(({ event_id }: { event_id: string }) => ({ event_id, status: 'accepted' }))
      return reply(200, { results, failed: [] })(request, response, attempt)
    }
    const other = OTHER[`${request.method} ${request.url}`] ?? reply(404, { detail: 'nothing here' })
    other(request, response, attempt)
  })
  return core
}
