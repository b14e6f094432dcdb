import { type CompleteEvent, type EventBatchResponse, type JsonObject, stringifyJson } from '@achilles/mcp-contract'
import { and, asc, eq, inArray, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { epochMs } from '../read-request.ts'
import { type EventFields, encodeId, events, sessions } from '../schema.ts'
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

async function knownSessions(db: Database, batch: CompleteEvent[]): Promise<Set<string>> {
  const named = [...new Set(batch.map((event) => event.session_id))]
  const found = await db
    .select({ session_id: sessions.session_id })
    .from(sessions)
    .where(inArray(sessions.session_id, named))
  return new Set(found.map((session) => session.session_id))
}

async function insertNew(db: Database, batch: CompleteEvent[]): Promise<Set<string>> {
  if (batch.length === 0) return new Set()
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

// Ids and JSON text contain no control characters and are never empty. One text parameter per column is several times
// faster than an array parameter, which PGlite escapes element by element.
const SEPARATOR = '\u001f'

function textList(values: (string | undefined)[]): SQL {
  return sql`string_to_array(${values.map((value) => value ?? '').join(SEPARATOR)}::text, chr(31), '')`
}

/** The part of a stored event that rules read; `payload` is null for types whose payload no rule reads. */
export interface SessionEvent extends EventFields {
  event_id: string
  event_type: string
  at_ms: number
  payload: JsonObject | null
}

const TYPES_WITH_PAYLOAD = ['test_run', 'build_run', 'git_operation']

const eventOut = {
  event_id: events.event_id,
  event_type: events.event_type,
  at_ms: events.occurred_at_ms,
  fields: events.fields,
  // Payloads are most of an event's size, so only those that a rule reads are selected.
  payload:
    sql<JsonObject | null>`case when ${inArray(events.event_type, TYPES_WITH_PAYLOAD)} then ${events.payload} end`.mapWith(
      events.payload,
    ),
}

/** Ordered by time. */
export async function findSessionEvents(db: Database, sessionId: string, eventIds?: string[]): Promise<SessionEvent[]> {
  const rows = await db
    .select(eventOut)
    .from(events)
    .where(
      and(eq(events.session_id, sessionId), eventIds === undefined ? undefined : inArray(events.event_id, eventIds)),
    )
    .orderBy(asc(events.occurred_at_ms), asc(events.event_id))
  return rows.map(({ fields, ...event }) => ({ ...fields, ...event }))
}
