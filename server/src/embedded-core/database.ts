import { fileURLToPath } from 'node:url'
import type { MigrationConfig } from 'drizzle-orm/migrator'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { SCHEMA_NAME } from './schema.ts'

/** The database as the store sees it, PGlite or PostgreSQL alike. */
export type Database = PgDatabase<PgQueryResultHKT>

/** An open database. After a failure `db` may be another. */
export interface OpenDatabase {
  readonly db: Database
  /** @throws DatabaseUnavailable when the database cannot be used now; the next call may succeed. */
  run<Result>(operation: (db: Database) => Promise<Result>): Promise<Result>
  /** Takes a few seconds at most, whatever the database does. */
  close(): Promise<void>
}

/** Where the migrations are, and where a database keeps note of those it has. */
export const MIGRATIONS: MigrationConfig = {
  migrationsFolder: fileURLToPath(new URL('../../drizzle', import.meta.url)),
  migrationsSchema: SCHEMA_NAME,
  migrationsTable: 'migrations',
}

/** The type number of PostgreSQL's `json`, which drivers must hand over as text: they would round its numbers. */
export const JSON_OID = 114
