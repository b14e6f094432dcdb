import { createHash } from 'node:crypto'
import type { InsightOut, MCPInsightsQuery } from '@achilles/mcp-contract'
import type { z } from 'zod'
import type { Database } from '../database.ts'
import { errorBurst } from '../insight-rules/error-burst.ts'
import { fileChurn } from '../insight-rules/file-churn.ts'
import type { InsightFinding, InsightRule } from '../insight-rules/insight-rule.ts'
import { longCommands } from '../insight-rules/long-commands.ts'
import { lowConfidenceAttribution } from '../insight-rules/low-confidence-attribution.ts'
import { rejectedSuggestions } from '../insight-rules/rejected-suggestions.ts'
import { revertedWork } from '../insight-rules/reverted-work.ts'
import { epochMs } from '../read-request.ts'
import { findSessionEvents, type SessionEvent } from './events.ts'
import { requireSession } from './sessions.ts'

/** Newest first; the same events give the same insights. @throws NotFound if the session is unknown. */
export async function queryInsights(
  db: Database,
  { session_id, since, limit }: z.output<typeof MCPInsightsQuery>,
): Promise<InsightOut[]> {
  await requireSession(db, session_id)
  const insights = findInsights(session_id, await findSessionEvents(db, session_id))
  const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : epochMs(since)
  return insights.filter((insight) => epochMs(insight.created_at) >= sinceMs).slice(0, limit)
}

// The names are part of every insight_id: do not rename them.
const RULES: Readonly<Record<string, InsightRule>> = {
  error_burst: errorBurst,
  rejected_suggestions: rejectedSuggestions,
  low_confidence_attribution: lowConfidenceAttribution,
  long_commands: longCommands,
  reverted_work: revertedWork,
  file_churn: fileChurn,
}

export function findInsights(sessionId: string, events: readonly SessionEvent[]): InsightOut[] {
  return Object.entries(RULES)
    .flatMap(([rule, find]) => find(events).map((finding) => ({ rule, finding })))
    .sort((a, b) => b.finding.completedBy.at_ms - a.finding.completedBy.at_ms)
    .map(({ rule, finding }) => toInsight(sessionId, rule, finding))
}

function toInsight(sessionId: string, rule: string, { first, completedBy, ...finding }: InsightFinding): InsightOut {
  const hash = createHash('sha256').update(JSON.stringify([sessionId, rule, first.event_id]))
  return {
    agent_id: null,
    ...finding,
    insight_id: `ins_${hash.digest('hex').slice(0, 24)}`,
    session_id: sessionId,
    payload: { rule, ...finding.payload },
    created_at: new Date(Math.min(Math.max(completedBy.at_ms, EARLIEST_MS), LATEST_MS)).toISOString(),
  }
}

// An offset may move a time out of the range of years that RFC 3339 allows.
const EARLIEST_MS = Date.parse('0000-01-01T00:00:00Z')
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z')
