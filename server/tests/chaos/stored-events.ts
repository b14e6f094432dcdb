import { isDeepStrictEqual } from 'node:util'
import type { OpenDatabase } from '../../../embedded-core/src/database.ts'
import { events } from '../../../embedded-core/src/schema.ts'
import { payloadOf } from './chaos-event.ts'

/** Comparison of the database with the acknowledged events; numbers of events. */
export interface StoredEvents {
  stored: number
  lost: number
  doubled: number
  altered: number
}

/** Reads a database; for a data directory, the caller must hold its lock. */
export async function countStoredEvents(
  { db }: OpenDatabase,
  acknowledged: ReadonlySet<string>,
): Promise<StoredEvents> {
  // Reads every row: counting by the unique index would rely on what is tested.
  const rows = await db.select({ event_id: events.event_id, payload: events.payload }).from(events)
  const ids = new Set(rows.map(({ event_id }) => event_id))
  return {
    stored: rows.length,
    lost: [...acknowledged].filter((event_id) => !ids.has(event_id)).length,
    doubled: rows.length - ids.size,
    altered: rows.filter(({ payload }) => !isDeepStrictEqual(payload, payloadOf(Number(payload?.index)))).length,
  }
}
