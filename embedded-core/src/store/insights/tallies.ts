import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../database.ts'
import type { SubjectTally } from '../../insight-rules/tally-events.ts'
import { encodeId, insightTallies } from '../../schema.ts'
import { textList } from '../text-list.ts'

const [first_at_ms, first_event_id] = [insightTallies.first_at_ms, insightTallies.first_event_id]
const isEarlier = sql`(excluded.first_at_ms, excluded.first_event_id collate "C")
  < (${first_at_ms}, ${first_event_id} collate "C")`

/** Adds to the stored tallies, if the condition holds. Returns the sums. */
export async function addTallies(
  db: Pick<Database, 'insert'>,
  tallies: readonly SubjectTally[],
  condition: SQL = sql`true`,
): Promise<SubjectTally[]> {
  if (tallies.length === 0) return []
  const list = (value: (tally: SubjectTally) => string | number) => textList(tallies.map(value))
  const rows = await db
    .insert(insightTallies)
    .select(
      sql`select session_id, rule, coalesce(subject, ''), count::bigint, considered::bigint, longest_ms::float8,
        first_at_ms::float8, coalesce(first_event_id, '')
      from unnest(${list(({ session_id }) => encodeId(session_id))}, ${list(({ rule }) => rule)},
        ${list(({ subject }) => subject)}, ${list(({ count }) => count)}, ${list(({ considered }) => considered)},
        ${list(({ longest_ms }) => longest_ms)}, ${list(({ first }) => first.at_ms)},
        ${list(({ first }) => encodeId(first.event_id))})
      as row(session_id, rule, subject, count, considered, longest_ms, first_at_ms, first_event_id)
      where ${condition}`,
    )
    .onConflictDoUpdate({
      target: [insightTallies.session_id, insightTallies.rule, insightTallies.subject],
      set: {
        count: sql`${insightTallies.count} + excluded.count`,
        considered: sql`${insightTallies.considered} + excluded.considered`,
        longest_ms: sql`greatest(${insightTallies.longest_ms}, excluded.longest_ms)`,
        first_at_ms: sql`case when ${isEarlier} then excluded.first_at_ms else ${first_at_ms} end`,
        first_event_id: sql`case when ${isEarlier} then excluded.first_event_id else ${first_event_id} end`,
      },
    })
    .returning()
  return rows.map(toTally)
}

export const toTally = ({
  first_at_ms,
  first_event_id,
  ...tally
}: typeof insightTallies.$inferSelect): SubjectTally => ({
  ...tally,
  first: { at_ms: first_at_ms, event_id: first_event_id },
})
