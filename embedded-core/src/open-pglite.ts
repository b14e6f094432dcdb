import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import type { MigrationConfig } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/pglite'
import { migrate } from 'drizzle-orm/pglite/migrator'
import {
  type Database,
  DatabaseUnavailable,
  describeError,
  type OpenDatabase,
  rootCause,
  toUnavailable,
} from './database.ts'
import { openPgliteClient, prepareCluster } from './pglite-cluster.ts'

/** The caller must hold the lock of `dataDir`. @throws Error for the user, with the folder, the reason and advice. */
export async function openPglite(dataDir: string, migrations: MigrationConfig): Promise<OpenDatabase> {
  const folder = join(dataDir, 'core')
  try {
    await prepareCluster(dataDir, folder)
    const engine = await Engine.open(folder)
    await engine.migrate(migrations).catch(async (error: unknown) => {
      await engine.close()
      throw error
    })
    return new PgliteDatabase(folder, engine)
  } catch (cause) {
    const reason = describeError(cause).replaceAll(PATH_IN_PGLITE, folder)
    throw new Error(`cannot open the database in ${folder}: ${reason}; ${getAdvice(reason)}`, { cause })
  }
}

const PATH_IN_PGLITE = '/pglite/data'

const CLOSE_TIMEOUT_MS = 3_000
const REOPEN_INTERVAL_MS = 1_000
// Two segments of the write-ahead log: with less, recovery would fail again.
const MIN_FREE_BYTES = 32 * 1024 * 1024

/** Opens a new engine after the last one failed, e.g. because the disk was full. */
class PgliteDatabase implements OpenDatabase {
  readonly #folder: string
  #engine: Engine
  #reopening: Promise<Engine> | undefined
  #reopenedAt = Number.NEGATIVE_INFINITY

  constructor(folder: string, engine: Engine) {
    this.#folder = folder
    this.#engine = engine
  }

  get db(): Database {
    return this.#engine.db
  }

  async run<Result>(operation: (db: Database) => Promise<Result>): Promise<Result> {
    if (this.#engine.failure) await this.#reopen(this.#engine.failure)
    return this.#engine.run(operation)
  }

  async close(): Promise<void> {
    await this.#reopening?.catch(() => {})
    await this.#engine.close()
  }

  async #reopen(failure: DatabaseUnavailable): Promise<void> {
    if (!this.#reopening) {
      const now = performance.now()
      if (now - this.#reopenedAt < REOPEN_INTERVAL_MS) throw failure
      this.#reopenedAt = now
      this.#reopening = this.#openAgain().finally(() => {
        this.#reopening = undefined
      })
    }
    this.#engine = await this.#reopening
  }

  async #openAgain(): Promise<Engine> {
    const { bavail, bsize } = await statfs(this.#folder)
    if (bavail * bsize < MIN_FREE_BYTES) throw new DatabaseUnavailable(`the disk of ${this.#folder} is full`)
    return Engine.open(this.#folder).catch((error: unknown) => {
      throw new DatabaseUnavailable(describeError(error), { cause: error })
    })
  }
}

/** One PGlite instance. After a panic PGlite never settles another query, so `#fail` rejects the pending ones. */
class Engine {
  readonly db: Database
  readonly #client: PGlite
  readonly #running = new Set<(failure: DatabaseUnavailable) => void>()
  failure: DatabaseUnavailable | undefined

  private constructor(client: PGlite) {
    this.#client = client
    this.db = drizzle({ client })
  }

  static async open(folder: string): Promise<Engine> {
    const engine: Engine = new Engine(await openPgliteClient(folder, (reason) => engine.#fail(reason)))
    return engine
  }

  run<Result>(operation: (db: Database) => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure)
      this.#running.add(reject)
      operation(this.db)
        .finally(() => this.#running.delete(reject))
        .then(resolve, (error: unknown) => {
          // After a WebAssembly trap the state of the instance is unknown.
          if (isTrap(error)) this.#fail(describeError(error))
          reject(this.failure ?? toUnavailable(error) ?? error)
        })
    })
  }

  migrate(migrations: MigrationConfig): Promise<void> {
    return this.run(() => migrate(drizzle({ client: this.#client }), migrations))
  }

  async close(): Promise<void> {
    if (this.failure) return
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)
    })
    await Promise.race([this.#client.close(), timeout])
    clearTimeout(timer)
  }

  #fail(reason: string): void {
    this.failure ??= new DatabaseUnavailable(reason)
    for (const reject of this.#running) reject(this.failure)
    this.#running.clear()
  }
}

function isTrap(error: unknown): boolean {
  const cause = rootCause(error)
  return cause instanceof Error && cause.name === 'RuntimeError'
}

function getAdvice(reason: string): string {
  if (/no space left|ENOSPC|EDQUOT|disk .*full/i.test(reason)) return 'free some disk space, then start again'
  if (/permission denied|EACCES|EPERM|EROFS/i.test(reason)) return 'let this user read and write it, then start again'
  if (/not compatible with this version/.test(reason)) {
    return 'start the version that wrote it, or move the folder away to begin with an empty database'
  }
  return 'restore the folder from a backup, or move it away to begin with an empty database'
}
