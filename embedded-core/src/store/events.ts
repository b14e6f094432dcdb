import { type CompleteEvent, type EventBatchResponse, type JsonObject, stringifyJson } from '@achilles/mcp-contract'
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { epochMs } from '../read-request.ts'
import { type EventFields, encodeId, events, insightStates, sessions } from '../schema.ts'
import { countStoredEvents } from './insights/count-stored-events.ts'
import { addStates } from './insights/tallies.ts'
import { concernsRules, updateInsights } from './insights/update-insights.ts'
import { type SessionEvent, toSessionEvent } from './session-event.ts'
import { unknownSession } from './sessions.ts'
import { textList } from './text-list.ts'

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
  const sessionEvents = batch.map(toSessionEvent)
  if (!sessionEvents.some(concernsRules)) return insertRows(db, batch)
  return db.transaction(async (transaction) => {
    const inserted = await insertRows(transaction, batch)
    await updateInsights(
      transaction,
      sessionEvents.filter(({ event_id }) => inserted.has(event_id)),
    )
    return inserted
  })
}

async function insertRows(db: Database, batch: CompleteEvent[]): Promise<Set<string>> {
  // All batches insert in the same order; otherwise two that share events could deadlock.
  const rows = batch.map(toRow).sort((a, b) => (a.event_id < b.event_id ? -1 : 1))
  const list = (name: keyof Row) => textList(rows.map((row) => row[name]))
  const inserted = await db
    .insert(events)
    .select(
      sql`select event_id, session_id, event_type, occurred_at_ms::float8, fields::json, payload::json, metadata_::json,
        agent_metadata::json, clock_timestamp()
      from unnest(${list('event_id')}, ${list('session_id')}, ${list('event_type')}, ${list('occurred_at_ms')},
        ${list('fields')}, ${list('payload')}, ${list('metadata_')}, ${list('agent_metadata')})
      as row(event_id, session_id, event_type, occurred_at_ms, fields, payload, metadata_, agent_metadata)`,
    )
    .onConflictDoNothing({ target: [events.session_id, events.event_id] })
    .returning({ event_id: events.event_id })
  return new Set(inserted.map((event) => event.event_id))
}

type Row = ReturnType<typeof toRow>

function toRow({ payload, metadata_, agent_metadata, ...fields }: CompleteEvent) {
  return {
    event_id: encodeId(fields.event_id),
    session_id: encodeId(fields.session_id),
    event_type: fields.event_type,
    occurred_at_ms: String(epochMs(fields.timestamp)),
    fields: stringifyJson(fields),
    payload: payload && stringifyJson(payload),
    metadata_: metadata_ && stringifyJson(metadata_),
    agent_metadata: agent_metadata && stringifyJson(agent_metadata),
  }
}

const TYPES_WITH_PAYLOAD = ['test_run', 'build_run', 'git_operation']

const eventOut = {
  event_id: events.event_id,
  session_id: events.session_id,
  event_type: events.event_type,
  at_ms: events.occurred_at_ms,
  fields: events.fields,
  // Payloads are most of an event's size, so only those that a rule reads are selected.
  payload:
    sql<JsonObject | null>`case when ${inArray(events.event_type, TYPES_WITH_PAYLOAD)} then ${events.payload} end`.mapWith(
      events.payload,
    ),
}

export async function findSessionEvents(db: Database, sessionId: string, eventIds: string[]): Promise<SessionEvent[]> {
  const rows = await db
    .select(eventOut)
    .from(events)
    .where(and(eq(events.session_id, sessionId), inArray(events.event_id, eventIds)))
  return rows.map(flatten)
}

/** Events of a session that follow an id, in the order of ids. */
export async function findEventsAfter(
  db: Database,
  sessionId: string,
  eventId: string,
  limit: number,
): Promise<SessionEvent[]> {
  const rows = await db
    .select(eventOut)
    .from(events)
    .where(and(eq(events.session_id, sessionId), gt(events.event_id, eventId)))
    .orderBy(asc(events.event_id))
    .limit(limit)
  return rows.map(flatten)
}

const flatten = ({
  fields,
  ...event
}: Omit<SessionEvent, keyof EventFields> & { fields: EventFields }): SessionEvent => ({
  ...fields,
  ...event,
})
