import { checkOptions, type KnownKeys } from '../../check-options.ts'
import { uuid } from '../../uuid.ts'
import { type Spool, toEventKey } from '../spool.ts'
import { getBrowser } from './browser.ts'
import { EventDatabase, type EventPlace, type StoredEvent } from './event-database.ts'

/** Options of `indexedDbSpool`. */
export interface IndexedDbSpoolOptions {
  /** The name of the database, which the pages and workers of an origin share. @default 'achilles-mcp-events' */
  name?: string | undefined
}

const OPTIONS: KnownKeys<IndexedDbSpoolOptions> = { name: true }

/**
 * Stores events in IndexedDB, for pages, workers and web extensions; several may share a database. Web Locks show which
 * of them are alive. Without Web Locks (on pages without TLS), `recover` returns the events of all others once, alive
 * or not: events may be sent twice, but none is lost.
 * @throws Error if there is no IndexedDB; GatewayError naming each unknown option.
 */
export function indexedDbSpool(options: IndexedDbSpoolOptions = {}): Spool {
  checkOptions(options, OPTIONS)
  const { name = 'achilles-mcp-events' } = options
  if (!getBrowser().indexedDB) throw new Error('cannot keep events: there is no IndexedDB here')
  // Unique, and sorts by age.
  const self = `${Date.now().toString(16).padStart(12, '0')}-${uuid()}`
  const locks = new OwnerLocks(name)
  /** By `toEventKey`. */
  const places = new Map<string, EventPlace[]>()
  let sequence = 0
  let opened: Promise<EventDatabase> | undefined
  let running: Promise<unknown> = Promise.resolve()
  let closed: Promise<void> | undefined

  function getDatabase(): Promise<EventDatabase> {
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
    const result = getDatabase().then(task)
    running = Promise.allSettled([running, result])
    return result.catch((cause: Error) => {
      // For a full disk, some browsers set only the name of the error.
      throw new Error(`cannot ${what} the IndexedDB database ${name}: ${cause.message || cause.name}`, { cause })
    })
  }

  async function end(): Promise<void> {
    await running
    const database = await opened?.catch(() => undefined)
    database?.close()
    await locks.releaseAll()
  }

  /** The place of an event that was not stored after all does no harm. */
  function remember(event: StoredEvent): void {
    const key = toEventKey(event)
    places.set(key, [...(places.get(key) ?? []), [event.owner, event.sequence]])
  }

  async function takeOver(owner: string, database: EventDatabase): Promise<StoredEvent[] | undefined> {
    if (!(await locks.take(owner))) return undefined
    let events: StoredEvent[] = []
    try {
      events = await database.getEvents(owner)
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
        const removed = events.map(toEventKey)
        await database.delete(removed.flatMap((key) => places.get(key) ?? []))
        for (const key of removed) places.delete(key)
      }),
    recover: () =>
      perform('recover events from', async (database) => {
        for (let owner = await database.getOwnerAfter(''); owner; owner = await database.getOwnerAfter(owner)) {
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

/**
 * Each owner holds a Web Lock for itself and one for each owner it took over. The browser releases them when the page
 * or worker ends. Without Web Locks, all other owners count as dead.
 */
class OwnerLocks {
  readonly #database: string
  readonly #held = new Map<string, () => Promise<void>>()

  constructor(database: string) {
    this.#database = database
  }

  /** False if `owner` is alive, or taken over already. */
  async take(owner: string): Promise<boolean> {
    if (this.#held.has(owner)) return false
    const { locks } = getBrowser().navigator ?? {}
    if (!locks) {
      this.#held.set(owner, async () => {})
      return true
    }
    return new Promise((resolve, reject) => {
      const ended = locks.request(`${this.#database}/${owner}`, { ifAvailable: true }, async (lock) => {
        if (!lock) return resolve(false)
        await new Promise<void>((letGo) => {
          this.#held.set(owner, async () => {
            letGo()
            await ended
          })
          resolve(true)
        })
      })
      ended.catch(reject)
    })
  }

  async release(owner: string): Promise<void> {
    const release = this.#held.get(owner)
    this.#held.delete(owner)
    await release?.()
  }

  async releaseAll(): Promise<void> {
    await Promise.all([...this.#held.keys()].map((owner) => this.release(owner)))
  }
}
