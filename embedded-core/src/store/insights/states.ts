import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../database.ts'
import { encodeId, insightStates } from '../../schema.ts'
import { textList } from '../text-list.ts'

/** Does nothing for sessions that have a state. */
export async function addStates(db: Database, sessionIds: readonly string[]): Promise<void> {
  // In one order, as all that lock several rows: otherwise two batches could deadlock.
  const states = sessionIds.toSorted().map((session_id) => ({ session_id }))
  await db.insert(insightStates).values(states).onConflictDoNothing()
}

/** Locks the insights of sessions until the transaction ends; each must have a state. */
export async function lockSessions(db: Database, sessionIds: ReadonlySet<string>): Promise<void> {
  await db.execute(sql`select ${countLocked(sessionIds)}`)
}

/** An expression that locks like `lockSessions`. Its value is the number of sessions. */
export const countLocked = (sessionIds: ReadonlySet<string>): SQL => sql`(
  select count(*) from (
    select from ${insightStates} where ${insightStates.session_id} = any(${textList([...sessionIds].map(encodeId))})
    order by ${insightStates.session_id} for update
  ) as state)`
