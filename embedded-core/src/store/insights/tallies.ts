import { sql } from 'drizzle-orm'
import type { Database } from '../../database.ts'
import type { SubjectTally } from '../../insight-rules/tally-events.ts'
import { encodeId, insightStates, insightTallies } from '../../schema.ts'
import { textList } from '../text-list.ts'

/** Does nothing for sessions that have a state. */
export async function addStates(db: Database, sessionIds: readonly string[]): Promise<void> {
  // In one order, as all that lock several rows: otherwise two batches could deadlock.
  const states = sessionIds.toSorted().map((session_id) => ({ session_id }))
  await db.insert(insightStates).values(states).onConflictDoNothing()
}

/** Locks the insights of sessions until the transaction ends; each must have a state. */
export async function lockSessions(db: Database, sessionIds: ReadonlySet<string>): Promise<void> {
  await db.execute(sql`select ${lock(sessionIds)}`)
}

const lock = (sessionIds: ReadonlySet<string>) => sql`(
  select count(*) from (
    select from ${insightStates} where ${insightStates.session_id} = any(${textList([...sessionIds].map(encodeId))})
    order by ${insightStates.session_id} for update
  ) as state)`

export const tallyOut = {
  session_id: insightTallies.session_id,
  rule: insightTallies.rule,
  subject: insightTallies.subject,
  count: insightTallies.count,
  considered: insightTallies.considered,
  longest_ms: insightTallies.longest_ms,
  first_at_ms: insightTallies.first_at_ms,
  first_event_id: insightTallies.first_event_id,
}

type TallyRow = Omit<SubjectTally, 'first'> & { first_at_ms: number; first_event_id: string }

export const toTally = ({ first_at_ms, first_event_id, ...tally }: TallyRow): SubjectTally => ({
  ...tally,
  first: { at_ms: first_at_ms, event_id: first_event_id },
})

const [first_at_ms, first_event_id] = [insightTallies.first_at_ms, insightTallies.first_event_id]
const isEarlier = sql`(excluded.first_at_ms, excluded.first_event_id collate "C")
  < (${first_at_ms}, ${first_event_id} collate "C")`

/** Locks the sessions like `lockSessions`, then adds to their tallies. Returns the sums. */
export async function lockAndAddTallies(
  db: Database,
  sessionIds: ReadonlySet<string>,
  tallies: readonly SubjectTally[],
): Promise<SubjectTally[]> {
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
      where ${lock(sessionIds)} > 0`,
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
    .returning(tallyOut)
  return rows.map(toTally)
}
