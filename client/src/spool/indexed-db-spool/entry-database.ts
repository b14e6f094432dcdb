import { type SpoolEntry, toFormerEntry } from '../spool.ts'
import { type Database, getBrowser, type ObjectStore, type Request } from './browser.ts'

/** The key of a stored entry. */
export type EntryPlace = readonly [owner: string, sequence: number]

export interface StoredEntry extends SpoolEntry {
  owner: string
  sequence: number
}

const STORE = 'events'

/** 1 was that of version 0.1.0, which opens no newer one: it would reject the entries that it cannot read. */
const VERSION = 2

/** Each write is one transaction with strict durability: all of it reaches the disk, or none. */
export class EntryDatabase {
  readonly #database: Database

  private constructor(database: Database) {
    this.#database = database
  }

  /** @param onGone called when others close or delete the database; this object is then unusable */
  static async open(name: string, onGone: () => void): Promise<EntryDatabase> {
    const request = getBrowser().indexedDB?.open(name, VERSION)
    if (!request) throw new Error('no IndexedDB here')
    request.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion === 0) request.result.createObjectStore(STORE, { keyPath: ['owner', 'sequence'] })
    }
    const database = await toPromise(request)
    database.onclose = onGone
    database.onversionchange = () => {
      database.close()
      onGone()
    }
    return new EntryDatabase(database)
  }

  add(entries: readonly StoredEntry[]): Promise<void> {
    return this.#write((store) => {
      for (const entry of entries) store.put(entry)
    })
  }

  delete(places: readonly EntryPlace[]): Promise<void> {
    return this.#write((store) => {
      for (const place of places) store.delete(place)
    })
  }

  async getOwnerAfter(owner: string): Promise<string | undefined> {
    const range = getBrowser().IDBKeyRange?.lowerBound(getUpperBound(owner), true)
    const [key] = (await toPromise(this.#read().getAllKeys(range, 1))) as EntryPlace[]
    return key?.[0]
  }

  /** Oldest first. */
  async getEntries(owner: string): Promise<StoredEntry[]> {
    const range = getBrowser().IDBKeyRange?.bound([owner], getUpperBound(owner))
    const rows = (await toPromise(this.#read().getAll(range))) as (StoredEntry & Record<string, unknown>)[]
    return rows.flatMap((row) => {
      const { owner, sequence } = row
      const former = row.kind === undefined ? toFormerEntry(row) : row
      return former ? { owner, sequence, ...former } : []
    })
  }

  close(): void {
    this.#database.close()
  }

  #read(): ObjectStore {
    return this.#database.transaction(STORE, 'readonly').objectStore(STORE)
  }

  #write(change: (store: ObjectStore) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(STORE, 'readwrite', { durability: 'strict' })
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error ?? new Error('the browser broke off the transaction'))
      change(transaction.objectStore(STORE))
    })
  }
}

/** In IndexedDB's key order, an array sorts after every number. */
const getUpperBound = (owner: string) => [owner, []]

function toPromise<T>(request: Request<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('the browser broke off the request'))
  })
}
