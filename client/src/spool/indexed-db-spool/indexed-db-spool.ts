import { checkOptions, type KnownKeys } from '../../check-options.ts'
import { uuid } from '../../uuid.ts'
import { type Spool, type SpoolEntry, toEntryKey } from '../spool.ts'
import { getBrowser } from './browser.ts'
import { EntryDatabase, type EntryPlace, type StoredEntry } from './entry-database.ts'

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
  /** By `toEntryKey`. */
  const places = new Map<string, EntryPlace[]>()
  let sequence = 0
  let opened: Promise<EntryDatabase> | undefined
  let running: Promise<unknown> = Promise.resolve()
  let closed: Promise<void> | undefined

  function getDatabase(): Promise<EntryDatabase> {
    opened ??= open().catch((error) => {
      opened = undefined
      throw error
    })
    return opened
  }

  async function open(): Promise<EntryDatabase> {
    await locks.take(self)
    return EntryDatabase.open(name, () => {
      opened = undefined
    })
  }

  async function perform<T>(what: string, task: (events: EntryDatabase) => Promise<T>): Promise<T> {
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
  function remember(entry: StoredEntry): void {
    const key = toEntryKey(entry)
    places.set(key, [...(places.get(key) ?? []), [entry.owner, entry.sequence]])
  }

  async function takeOver(owner: string, database: EntryDatabase): Promise<StoredEntry[] | undefined> {
    if (!(await locks.take(owner))) return undefined
    let entries: StoredEntry[] = []
    try {
      entries = await database.getEntries(owner)
    } finally {
      if (entries.length === 0) await locks.release(owner)
    }
    return entries.length > 0 ? entries : undefined
  }

  return {
    durable: true,
    recoversLiving: !getBrowser().navigator?.locks,
    append: (entries) =>
      perform('keep events in', async (database) => {
        const stored = entries.map((entry) => ({ ...toEntry(entry), owner: self, sequence: sequence++ }))
        for (const entry of stored) remember(entry)
        await database.add(stored)
      }),
    remove: (entries) =>
      perform('remove events from', async (database) => {
        const removed = entries.map(toEntryKey)
        await database.delete(removed.flatMap((key) => places.get(key) ?? []))
        for (const key of removed) places.delete(key)
      }),
    recover: () =>
      perform('recover events from', async (database) => {
        for (let owner = await database.getOwnerAfter(''); owner; owner = await database.getOwnerAfter(owner)) {
          const entries = await takeOver(owner, database)
          for (const entry of entries ?? []) remember(entry)
          if (entries) return entries.map(toEntry)
        }
        return []
      }),
    close() {
      closed ??= end()
      return closed
    },
  }
}

const toEntry = ({ session, id, kind, json }: SpoolEntry): SpoolEntry => ({ session, id, kind, json })

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
