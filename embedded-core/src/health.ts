import type { MCPHealthResponse } from '@achilles/mcp-contract'
import { sql } from 'drizzle-orm'
import { type Database, DatabaseUnavailable, type OpenDatabase } from './database.ts'
import { SCHEMA_NAME } from './schema.ts'

const CHECK_INTERVAL_MS = 1_000

/** Writes a megabyte and drops it: with a full disk, reads and small writes still succeed. */
const PROBE = sql.raw(`do $$ begin
  create table ${SCHEMA_NAME}.probe as select repeat('x', 1000) from generate_series(1, 1000);
  drop table ${SCHEMA_NAME}.probe;
end $$`)

/** Logs when an outage begins and ends, and counts the operations that failed. */
export class DatabaseHealth implements OpenDatabase {
  readonly #database: OpenDatabase
  readonly #log: (line: string) => void
  failures = 0
  #failuresBefore: number | undefined
  #checking: Promise<void> | undefined
  #checkedAt = Number.NEGATIVE_INFINITY

  constructor(database: OpenDatabase, log: (line: string) => void) {
    this.#database = database
    this.#log = log
  }

  /** True from the first failure until a check succeeds. */
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

  /** During an outage, checks at most once a second. */
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

export class IngestHealth {
  readonly #database: DatabaseHealth
  readonly #now: () => number
  readonly #startedAt = performance.now()
  #lastIngestErrorAt: string | null = null

  constructor(database: DatabaseHealth, now: () => number) {
    this.#database = database
    this.#now = now
  }

  async track<Result>(ingest: Promise<Result>): Promise<Result> {
    try {
      return await ingest
    } catch (error) {
      this.#lastIngestErrorAt = new Date(this.#now()).toISOString()
      throw error
    }
  }

  async getResponse(): Promise<MCPHealthResponse & { database_failures: number }> {
    await this.#database.check()
    const { isDown, failures } = this.#database
    return {
      status: isDown ? 'degraded' : 'ok',
      uptime_seconds: (performance.now() - this.#startedAt) / 1000,
      accepting_signals: !isDown,
      last_ingest_error_at: this.#lastIngestErrorAt,
      database_failures: failures,
    }
  }
}
