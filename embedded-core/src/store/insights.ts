import type { InsightOut, MCPInsightsQuery } from '@achilles/mcp-contract'
import type { z } from 'zod'
import type { Database } from '../database.ts'
import { epochMs } from '../epoch-ms.ts'
import { findInsights } from '../insight-rules/find-insights.ts'
import { requireSession } from './require-session.ts'
import { findSessionEvents } from './session-event.ts'

/**
 * The insights of a session, newest first, computed from its stored events; the same events give the same result.
 * @throws NotFound if the session is unknown.
 */
export async function queryInsights(
  db: Database,
  { session_id, since, limit }: z.output<typeof MCPInsightsQuery>,
): Promise<InsightOut[]> {
  await requireSession(db, session_id)
  const insights = findInsights(session_id, await findSessionEvents(db, session_id))
  const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : epochMs(since)
  return insights.filter((insight) => epochMs(insight.created_at) >= sinceMs).slice(0, limit)
}
