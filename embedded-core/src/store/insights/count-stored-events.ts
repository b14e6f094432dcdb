import { eq, sql } from 'drizzle-orm'
import type { Database } from '../../database.ts'
import { encodeId, insightStates, insights } from '../../schema.ts'
import { findEventsAfter } from '../find-session-events.ts'
import { addEffect, getEffect } from './update-insights.ts'
import { createdAt } from './write-insights.ts'

const PAGE = 1_000

/**
 * Computes the insights of a session that an earlier version wrote, in transactions of a thousand events: a call
 * continues where an interrupted or concurrent one has stopped. Until it is done the session takes no events.
 */
export async function countStoredEvents(db: Database, sessionId: string): Promise<void> {
  while (!(await db.transaction((transaction) => countPage(transaction, sessionId)))) {}
}

/** Returns whether all events are counted. */
async function countPage(db: Database, sessionId: string): Promise<boolean> {
  const ofSession = eq(insightStates.session_id, sessionId)
  const [state] = await db
    .select({ counted_to: insightStates.counted_to })
    .from(insightStates)
    .where(ofSession)
    .for('update')
  if (!state || state.counted_to === null) return true
  const page = await findEventsAfter(db, sessionId, state.counted_to, PAGE)
  await addEffect(db, getEffect(page))
  const isLast = page.length < PAGE
  if (isLast) await orderInsights(db, sessionId)
  await db
    .update(insightStates)
    .set({ counted_to: isLast ? null : page.at(-1)?.event_id })
    .where(ofSession)
  return isLast
}

/** Pages are in the order of ids; insights are created in the order of their events. Nobody has read them yet. */
async function orderInsights(db: Database, sessionId: string): Promise<void> {
  const id = encodeId(sessionId)
  await db.execute(sql`
    with ordered as (
      select insight_id, ${createdAt('old.session_id')} as created_at
      from ${insights} as old join ${insightStates} as state on state.session_id = old.session_id
      where old.session_id = ${id}
    ),
    updated as (
      update ${insights} as old set created_at = ordered.created_at from ordered
      where old.session_id = ${id} and old.insight_id = ordered.insight_id
      returning old.created_at
    )
    update ${insightStates} set last_created_at = (select max(created_at) from updated)
    where session_id = ${id} and exists (select from updated)`)
}
