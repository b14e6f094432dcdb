import { isDeepStrictEqual } from 'node:util'
import type { OpenDatabase } from '../../src/embedded-core/database.ts'
import { events } from '../../src/embedded-core/schema.ts'
import { payloadOf } from './chaos-event.ts'

/** What the database holds, set against what was acknowledged; numbers of events. */
export interface StoredEvents {
  stored: number
  /** Acknowledged, but not there. */
  lost: number
  /** There more than once. */
  doubled: number
  /** There with a payload that nobody sent. */
  altered: number
}

/** Looks into a database; of a data directory whoever calls holds the lock. */
export async function countStoredEvents(
  { db }: OpenDatabase,
  acknowledged: ReadonlySet<string>,
): Promise<StoredEvents> {
  // Every row as it lies there: counting by the unique index would trust what is to be proved.
  const rows = await db.select({ event_id: events.event_id, payload: events.payload }).from(events)
  const ids = new Set(rows.map(({ event_id }) => event_id))
  return {
    stored: rows.length,
    lost: [...acknowledged].filter((event_id) => !ids.has(event_id)).length,
    doubled: rows.length - ids.size,
    altered: rows.filter(({ payload }) => !isDeepStrictEqual(payload, payloadOf(Number(payload?.index)))).length,
  }
}
