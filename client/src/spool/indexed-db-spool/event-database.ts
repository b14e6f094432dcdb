import { readSessionId, type SpooledEvent } from '../spool.ts'
import { type Database, getBrowser, type ObjectStore, type Request } from './browser.ts'

/** The key of a stored event. */
export type EventPlace = readonly [owner: string, sequence: number]

export interface StoredEvent extends SpooledEvent {
  owner: string
  sequence: number
}

/** Earlier versions stored no session. */
type ReadEvent = Omit<StoredEvent, 'session_id'> & Partial<StoredEvent>

const STORE = 'events'

/** Each write is one transaction with strict durability: all of it reaches the disk, or none. */
export class EventDatabase {
  readonly #database: Database

  private constructor(database: Database) {
    this.#database = database
  }

  /** @param onGone called when others close or delete the database; this object is then unusable */
  static async open(name: string, onGone: () => void): Promise<EventDatabase> {
    const request = getBrowser().indexedDB?.open(name, 1)
    if (!request) throw new Error('no IndexedDB here')
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ['owner', 'sequence'] })
    const database = await toPromise(request)
    database.onclose = onGone
    database.onversionchange = () => {
      database.close()
      onGone()
    }
    return new EventDatabase(database)
  }

  add(events: readonly StoredEvent[]): Promise<void> {
    return this.#write((store) => {
      for (const event of events) store.put(event)
    })
  }

  delete(places: readonly EventPlace[]): Promise<void> {
    return this.#write((store) => {
      for (const place of places) store.delete(place)
    })
  }

  async getOwnerAfter(owner: string): Promise<string | undefined> {
    const range = getBrowser().IDBKeyRange?.lowerBound(getUpperBound(owner), true)
    const [key] = (await toPromise(this.#read().getAllKeys(range, 1))) as EventPlace[]
    return key?.[0]
  }

  /** Oldest first. */
  async getEvents(owner: string): Promise<StoredEvent[]> {
    const range = getBrowser().IDBKeyRange?.bound([owner], getUpperBound(owner))
    const events = (await toPromise(this.#read().getAll(range))) as ReadEvent[]
    return events.map((event) => ({ ...event, session_id: event.session_id ?? readSessionId(event.json) }))
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
