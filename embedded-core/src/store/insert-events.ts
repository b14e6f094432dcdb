import { type CompleteEvent, stringifyJson } from '@achilles/mcp-contract'
import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import type { SubjectTally } from '../insight-rules/tally-events.ts'
import { epochMs } from '../read-request.ts'
import { encodeId, events } from '../schema.ts'
import { countLocked } from './insights/states.ts'
import { addTallies } from './insights/tallies.ts'
import type { Effect } from './insights/update-insights.ts'
import { textList } from './text-list.ts'

/** The columns of an event, as text. */
export type EventRow = ReturnType<typeof toRow>

/** All batches insert in the same order; otherwise two that share events could deadlock. */
export const toRows = (batch: readonly CompleteEvent[]): EventRow[] =>
  batch.map(toRow).sort((a, b) => (a.event_id < b.event_id ? -1 : 1))

/** Returns the ids of the events that are new. */
export async function insertEvents(db: Database, rows: readonly EventRow[]): Promise<Set<string>> {
  const inserted = await db
    .insert(events)
    .select(selectRows(rows))
    .onConflictDoNothing({ target: [events.session_id, events.event_id] })
    .returning({ event_id: events.event_id })
  return new Set(inserted.map((event) => event.event_id))
}

/** Also locks the sessions and adds to their tallies, unless an event is not new: then no tally is returned. */
export function insertEventsWithTallies(
  db: Database,
  rows: readonly EventRow[],
  { sessionIds, added }: Effect,
): Promise<SubjectTally[]> {
  const inserted = db.$with('inserted', {}).as(sql`
    insert into ${events}
      (event_id, session_id, event_type, occurred_at_ms, fields, payload, metadata_, agent_metadata, created_at)
    ${selectRows(rows)}
    on conflict (session_id, event_id) do nothing
    returning event_id`)
  // `case` fixes the order: first the locks, then the events.
  const condition = sql`case when ${countLocked(sessionIds)} = ${sessionIds.size}
    then (select count(*) from inserted) = ${rows.length} else false end`
  return addTallies(db.with(inserted), [...added.values()], condition)
}

function selectRows(rows: readonly EventRow[]): SQL {
  const list = (name: keyof EventRow) => textList(rows.map((row) => row[name]))
  return sql`select event_id, session_id, event_type, occurred_at_ms::float8, fields::json, payload::json,
      metadata_::json, agent_metadata::json, clock_timestamp()
    from unnest(${list('event_id')}, ${list('session_id')}, ${list('event_type')}, ${list('occurred_at_ms')},
      ${list('fields')}, ${list('payload')}, ${list('metadata_')}, ${list('agent_metadata')})
    as row(event_id, session_id, event_type, occurred_at_ms, fields, payload, metadata_, agent_metadata)`
}

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
