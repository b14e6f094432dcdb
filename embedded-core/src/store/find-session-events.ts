import type { JsonObject } from '@achilles/mcp-contract'
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { type EventFields, events } from '../schema.ts'
import type { SessionEvent } from './session-event.ts'

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
