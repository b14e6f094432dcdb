import { fileURLToPath } from 'node:url'
import type { MigrationConfig } from 'drizzle-orm/migrator'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { SCHEMA_NAME } from './schema.ts'

export type Database = PgDatabase<PgQueryResultHKT>

/** An open database. `db` may be replaced after a failure. */
export interface OpenDatabase {
  readonly db: Database
  /** @throws DatabaseUnavailable when the database cannot be used now; the next call may succeed. */
  run<Result>(operation: (db: Database) => Promise<Result>): Promise<Result>
  /** Takes a few seconds at most, even if the database does not respond. */
  close(): Promise<void>
}

/** The folder of the migrations, and the table that records which are applied. */
export const MIGRATIONS: MigrationConfig = {
  migrationsFolder: fileURLToPath(new URL('../drizzle', import.meta.url)),
  migrationsSchema: SCHEMA_NAME,
  migrationsTable: 'migrations',
}

/** The type OID of PostgreSQL's `json`. Drivers must return it as text: their own parser rounds numbers. */
export const JSON_OID = 114
