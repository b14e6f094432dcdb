/** The used part of IndexedDB, declared here because this code is also compiled without DOM types. */
export interface Database {
  createObjectStore(name: string, options: { keyPath: readonly string[] }): void
  transaction(store: string, mode: 'readonly' | 'readwrite', options?: { durability: 'strict' }): Transaction
  close(): void
  onclose: (() => void) | null
  onversionchange: (() => void) | null
}

interface Transaction {
  readonly error: Error | null
  objectStore(name: string): ObjectStore
  oncomplete: (() => void) | null
  onabort: (() => void) | null
}

export interface ObjectStore {
  put(value: unknown): void
  delete(key: unknown): void
  getAll(range: unknown): Request<unknown>
  getAllKeys(range: unknown, count: number): Request<unknown>
}

export interface Request<T> {
  readonly result: T
  readonly error: Error | null
  onsuccess: (() => void) | null
  onerror: (() => void) | null
}

interface OpenRequest extends Request<Database> {
  onupgradeneeded: ((event: { oldVersion: number }) => void) | null
}

interface Locks {
  request(
    name: string,
    options: { ifAvailable: true },
    whileHeld: (lock: object | null) => Promise<void>,
  ): Promise<unknown>
}

interface Browser {
  indexedDB?: { open(name: string, version: number): OpenRequest }
  IDBKeyRange?: {
    bound(lower: unknown, upper: unknown): unknown
    lowerBound(lower: unknown, open: boolean): unknown
  }
  navigator?: { locks?: Locks }
}

export const getBrowser = (): Browser => globalThis as unknown as Browser
