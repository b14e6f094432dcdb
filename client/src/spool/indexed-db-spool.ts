import { checkOptions, type KnownKeys } from '../check-options.ts'
import { uuid } from '../uuid.ts'
import { eventKey } from './event-identity.ts'
import { browser } from './indexed-db/browser.ts'
import { EventDatabase, type EventPlace, type StoredEvent } from './indexed-db/event-database.ts'
import { OwnerLocks } from './indexed-db/owner-locks.ts'
import type { Spool } from './spool.ts'

/** How `indexedDbSpool` keeps events. */
export interface IndexedDbSpoolOptions {
  /** The database, which the pages and workers of one origin share. @default 'achilles-mcp-events' */
  name?: string | undefined
}

const OPTIONS: KnownKeys<IndexedDbSpoolOptions> = { name: true }

/**
 * Keeps events in IndexedDB, for pages, workers and web extensions; several may use one database. Web Locks show which of
 * them are alive. Where there are none (on pages that came without TLS) `recover` gives once what any other keeps, alive
 * or not: events may be sent twice, but none is lost.
 * @throws Error where there is no IndexedDB; GatewayError naming each option that is not known.
 */
export function indexedDbSpool(options: IndexedDbSpoolOptions = {}): Spool {
  checkOptions(options, OPTIONS)
  const { name = 'achilles-mcp-events' } = options
  if (!browser().indexedDB) throw new Error('cannot keep events: there is no IndexedDB here')
  // Never comes twice, and sorts by age.
  const self = `${Date.now().toString(16).padStart(12, '0')}-${uuid()}`
  const locks = new OwnerLocks(name)
  /** Where each event is, by `eventKey`. */
  const places = new Map<string, EventPlace[]>()
  let sequence = 0
  let opened: Promise<EventDatabase> | undefined
  let running: Promise<unknown> = Promise.resolve()
  let closed: Promise<void> | undefined

  function database(): Promise<EventDatabase> {
    opened ??= open().catch((error) => {
      opened = undefined
      throw error
    })
    return opened
  }

  async function open(): Promise<EventDatabase> {
    await locks.take(self)
    return EventDatabase.open(name, () => {
      opened = undefined
    })
  }

  async function perform<T>(what: string, task: (events: EventDatabase) => Promise<T>): Promise<T> {
    if (closed) throw new Error(`the event spool ${name} is closed`)
    const result = database().then(task)
    running = Promise.allSettled([running, result])
    return result.catch((cause: Error) => {
      // Some browsers say no more of a full disk than its name.
      throw new Error(`cannot ${what} the IndexedDB database ${name}: ${cause.message || cause.name}`, { cause })
    })
  }

  async function end(): Promise<void> {
    await running
    const database = await opened?.catch(() => undefined)
    database?.close()
    await locks.releaseAll()
  }

  /** The place of an event that was not kept after all is no harm. */
  function remember(event: StoredEvent): void {
    const key = eventKey(event)
    places.set(key, [...(places.get(key) ?? []), [event.owner, event.sequence]])
  }

  /** Undefined when another has them, or there are none. */
  async function takeOver(owner: string, database: EventDatabase): Promise<StoredEvent[] | undefined> {
    if (!(await locks.take(owner))) return undefined
    let events: StoredEvent[] = []
    try {
      events = await database.eventsOf(owner)
    } finally {
      if (events.length === 0) await locks.release(owner)
    }
    return events.length > 0 ? events : undefined
  }

  return {
    durable: true,
    append: (events) =>
      perform('keep events in', async (database) => {
        const stored = events.map(({ session_id, event_id, json }) => ({
          owner: self,
          sequence: sequence++,
          session_id,
          event_id,
          json,
        }))
        for (const event of stored) remember(event)
        await database.add(stored)
      }),
    remove: (events) =>
      perform('remove events from', async (database) => {
        const removed = events.map(eventKey)
        await database.delete(removed.flatMap((key) => places.get(key) ?? []))
        for (const key of removed) places.delete(key)
      }),
    recover: () =>
      perform('recover events from', async (database) => {
        for (let owner = await database.ownerAfter(''); owner; owner = await database.ownerAfter(owner)) {
          const events = await takeOver(owner, database)
          for (const event of events ?? []) remember(event)
          if (events) return events.map(({ session_id, event_id, json }) => ({ session_id, event_id, json }))
        }
        return []
      }),
    close() {
      closed ??= end()
      return closed
    },
  }
}
