import type { CompleteEvent, EventBatchResponse } from '@achilles/mcp-contract'
import { eq, inArray, TransactionRollbackError } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { insightStates, sessions } from '../schema.ts'
import { type EventRow, insertEvents, insertEventsWithTallies, toRows } from './insert-events.ts'
import { countStoredEvents } from './insights/count-stored-events.ts'
import { addStates, lockSessions } from './insights/states.ts'
import { addEffect, type Effect, getEffect, updateInsights } from './insights/update-insights.ts'
import { toSessionEvent } from './session-event.ts'
import { unknownSession } from './sessions.ts'

export async function ingestEvents(db: Database, batch: { events: CompleteEvent[] }): Promise<EventBatchResponse> {
  const known = await knownSessions(db, batch.events)
  const accepted = await insertNew(
    db,
    batch.events.filter((event) => known.has(event.session_id)),
  )
  const response: EventBatchResponse = { results: [], failed: [] }
  for (const { event_id, session_id } of batch.events) {
    if (!known.has(session_id)) {
      response.failed.push({ event_id, error: unknownSession(session_id).message, code: 'UNKNOWN_SESSION' })
    } else {
      response.results.push({ event_id, status: accepted.has(event_id) ? 'accepted' : 'duplicate' })
    }
  }
  return response
}

/** Prepares the insights of the sessions as well. */
async function knownSessions(db: Database, batch: CompleteEvent[]): Promise<Set<string>> {
  const named = [...new Set(batch.map((event) => event.session_id))]
  const found = await db
    .select({ session_id: sessions.session_id, state: insightStates })
    .from(sessions)
    .leftJoin(insightStates, eq(insightStates.session_id, sessions.session_id))
    .where(inArray(sessions.session_id, named))
  const fresh = found.filter(({ state }) => state === null).map(({ session_id }) => session_id)
  if (fresh.length > 0) await addStates(db, fresh)
  for (const { session_id, state } of found) {
    if (state && state.counted_to !== null) await countStoredEvents(db, session_id)
  }
  return new Set(found.map((session) => session.session_id))
}

/** Stores the events that are new and the insights that they change, in one transaction. Returns the ids of the new ones. */
async function insertNew(db: Database, batch: CompleteEvent[]): Promise<Set<string>> {
  if (batch.length === 0) return new Set()
  const rows = toRows(batch)
  const sessionEvents = batch.map(toSessionEvent)
  const effect = getEffect(sessionEvents)
  if (effect.sessionIds.size === 0) return insertEvents(db, rows)
  // Rarely are some not new; then nothing of this transaction remains.
  if (await insertAllNew(db, rows, effect)) return new Set(batch.map(({ event_id }) => event_id))
  return db.transaction(async (transaction) => {
    await lockSessions(transaction, effect.sessionIds)
    const inserted = await insertEvents(transaction, rows)
    await addEffect(transaction, getEffect(sessionEvents.filter(({ event_id }) => inserted.has(event_id))))
    return inserted
  })
}

async function insertAllNew(db: Database, rows: readonly EventRow[], effect: Effect): Promise<boolean> {
  if (effect.added.size === 0) return false
  try {
    await db.transaction(async (transaction) => {
      const tallies = await insertEventsWithTallies(transaction, rows, effect)
      if (tallies.length === 0) transaction.rollback()
      await updateInsights(transaction, effect, tallies)
    })
    return true
  } catch (error) {
    if (error instanceof TransactionRollbackError) return false
    throw error
  }
}
