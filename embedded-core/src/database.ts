import { fileURLToPath } from 'node:url'
import { DrizzleQueryError } from 'drizzle-orm'
import type { MigrationConfig } from 'drizzle-orm/migrator'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { SCHEMA_NAME } from './schema.ts'

export type Database = PgDatabase<PgQueryResultHKT>

/** `db` may be replaced after a failure. */
export interface OpenDatabase {
  readonly db: Database
  /** @throws DatabaseUnavailable when the database cannot be used now; the next call may succeed. */
  run<Result>(operation: (db: Database) => Promise<Result>): Promise<Result>
  /** Takes a few seconds at most, even if the database does not respond. */
  close(): Promise<void>
}

export const MIGRATIONS: MigrationConfig = {
  migrationsFolder: fileURLToPath(new URL('../drizzle', import.meta.url)),
  migrationsSchema: SCHEMA_NAME,
  migrationsTable: 'migrations',
}

/** The type OID of PostgreSQL's `json`. Drivers must return it as text: their own parser rounds numbers. */
export const JSON_OID = 114

/** The database cannot be used now: 503, so that callers retry. */
export class DatabaseUnavailable extends Error {
  override name = 'DatabaseUnavailable'
}

// SQLSTATE classes: connection, resources, operator intervention (also the statement timeout), system errors; and a
// server that became a read-only standby.
const UNAVAILABLE = /^(08|53|57|58|25006)/

/** Undefined if the query is at fault, not the database. */
export function toUnavailable(error: unknown): DatabaseUnavailable | undefined {
  if (error instanceof DatabaseUnavailable) return error
  const cause = rootCause(error)
  if (!(cause instanceof Error)) return undefined
  const isDatabaseError = 'severity' in cause
  const isUnavailable = isDatabaseError
    ? UNAVAILABLE.test(String(getErrorCode(cause)))
    : error instanceof DrizzleQueryError && isConnectionError(cause)
  return isUnavailable ? new DatabaseUnavailable(describeError(cause), { cause }) : undefined
}

/** The reason in one line, without the query and its parameters, which drizzle's own message contains. */
export function describeError(error: unknown): string {
  const cause = rootCause(error)
  if (cause instanceof AggregateError) return cause.errors.map(describeError).join('; ')
  if (cause instanceof Error) return cause.message
  return typeof cause === 'object' ? JSON.stringify(cause) : String(cause)
}

export const rootCause = (error: unknown): unknown =>
  error instanceof DrizzleQueryError && error.cause ? error.cause : error

/** Drivers throw a plain `Error` when a connection fails; a subclass such as `TypeError` is a bug in this program. */
const isConnectionError = (error: Error) => error.constructor === Error || error instanceof AggregateError

const getErrorCode = (error: Error) => (error as NodeJS.ErrnoException).code
