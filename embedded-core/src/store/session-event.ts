import type { JsonObject } from '@achilles/mcp-contract'
import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { type EventFields, events } from '../schema.ts'

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

/** The events of a session ordered by time: all, or those of `eventIds`. */
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
