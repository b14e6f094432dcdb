import { sql } from 'drizzle-orm'
import type { Database, OpenDatabase } from './database.ts'
import { DatabaseUnavailable } from './database-unavailable.ts'
import { SCHEMA_NAME } from './schema.ts'

const CHECK_INTERVAL_MS = 1_000

/** Takes a megabyte of the disk and gives it back: with a full disk reads and small writes still succeed. */
const PROBE = sql.raw(`do $$ begin
  create table ${SCHEMA_NAME}.probe as select repeat('x', 1000) from generate_series(1, 1000);
  drop table ${SCHEMA_NAME}.probe;
end $$`)

/** Wraps a database so that an outage is logged once when it begins and once when it ends, and its failures counted. */
export class DatabaseHealth implements OpenDatabase {
  readonly #database: OpenDatabase
  readonly #log: (line: string) => void
  /** Operations that failed since the start, because the database was unavailable. */
  failures = 0
  #failuresBefore: number | undefined
  #checking: Promise<void> | undefined
  #checkedAt = Number.NEGATIVE_INFINITY

  constructor(database: OpenDatabase, log: (line: string) => void) {
    this.#database = database
    this.#log = log
  }

  /** True from the first failure on until a check succeeds. */
  get isDown(): boolean {
    return this.#failuresBefore !== undefined
  }

  get db(): Database {
    return this.#database.db
  }

  async run<Result>(operation: (db: Database) => Promise<Result>): Promise<Result> {
    try {
      const result = await this.#database.run(operation)
      if (this.isDown) void this.check()
      return result
    } catch (error) {
      if (error instanceof DatabaseUnavailable) this.#failed(error)
      throw error
    }
  }

  /** During an outage looks whether the database can be written to again, once a second at most. */
  check(): Promise<void> {
    if (this.#checking) return this.#checking
    const now = performance.now()
    if (!this.isDown || now - this.#checkedAt < CHECK_INTERVAL_MS) return Promise.resolve()
    this.#checkedAt = now
    this.#checking = this.#database
      .run((db) => db.execute(PROBE))
      .then(
        () => this.#recovered(),
        () => {},
      )
      .finally(() => {
        this.#checking = undefined
      })
    return this.#checking
  }

  close(): Promise<void> {
    return this.#database.close()
  }

  #failed({ message }: DatabaseUnavailable): void {
    if (!this.isDown) {
      this.#failuresBefore = this.failures
      this.#log(`the database is unavailable: ${message}`)
    }
    this.failures++
  }

  #recovered(): void {
    this.#log(`the database is available again; ${this.failures - (this.#failuresBefore ?? 0)} operations failed`)
    this.#failuresBefore = undefined
  }
}
