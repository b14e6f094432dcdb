import type { InsightOut, MCPInsightsQuery } from '@achilles/mcp-contract'
import { and, asc, desc, eq, gte, sql } from 'drizzle-orm'
import type { z } from 'zod'
import type { Database } from '../../database.ts'
import { SUBJECT_RULES } from '../../insight-rules/tally-events.ts'
import { epochMicroseconds } from '../../read-request.ts'
import { type InsightContent, insightStates, insights, insightTallies, sessions } from '../../schema.ts'
import { unknownSession } from '../sessions.ts'
import { countStoredEvents } from './count-stored-events.ts'
import { toTally } from './tallies.ts'
import { toContent } from './write-insights.ts'

/**
 * Newest first. With `since` the oldest that were created since, so that a reader which continues at the last
 * `created_at` misses none. @throws NotFound if the session is unknown.
 */
export async function queryInsights(
  db: Database,
  { session_id, since, limit }: z.output<typeof MCPInsightsQuery>,
): Promise<InsightOut[]> {
  await requireCounted(db, session_id)
  const page = db
    .select()
    .from(insights)
    .where(and(eq(insights.session_id, session_id), since === undefined ? undefined : createdSince(since)))
    .orderBy(since === undefined ? desc(insights.created_at) : asc(insights.created_at))
    .limit(limit)
    .as('page')
  // A lateral join with a limit reads one tally for each insight, not those of the session.
  const tally = db
    .select()
    .from(insightTallies)
    .where(
      and(
        eq(insightTallies.session_id, page.session_id),
        eq(insightTallies.rule, page.rule),
        eq(insightTallies.subject, page.subject),
      ),
    )
    .limit(1)
    .as('tally')
  const rows = await db.select().from(page).leftJoinLateral(tally, sql`true`)
  return rows
    .map(({ page: { content, rule, label, insight_id, created_at }, tally }) => ({
      ...(content ?? deriveContent(rule, tally, label ?? '')),
      insight_id,
      session_id,
      created_at,
    }))
    .sort((a, b) => (a.created_at > b.created_at ? -1 : 1))
}

function deriveContent(name: string, tally: typeof insightTallies.$inferSelect | null, label: string): InsightContent {
  const rule = SUBJECT_RULES.get(name)
  if (!rule || !tally) throw new Error(`an insight of the rule ${name} has neither content nor a tally`)
  return toContent(name, rule.find(toTally(tally), label))
}

async function requireCounted(db: Database, sessionId: string): Promise<void> {
  const [session] = await db
    .select({ counted_to: insightStates.counted_to })
    .from(sessions)
    .leftJoin(insightStates, eq(insightStates.session_id, sessions.session_id))
    .where(eq(sessions.session_id, sessionId))
  if (!session) throw unknownSession(sessionId)
  if (session.counted_to !== null) await countStoredEvents(db, sessionId)
}

// PostgreSQL does not read all times that RFC 3339 allows.
const createdSince = (since: string) =>
  gte(insights.created_at, sql`timestamptz 'epoch' + ${epochMicroseconds(since)}::bigint * interval '1 microsecond'`)
