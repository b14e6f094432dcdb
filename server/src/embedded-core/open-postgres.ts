import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { JSON_OID, MIGRATIONS, type OpenDatabase } from './database.ts'

const CONNECT_TIMEOUT_MS = 10_000
// Any number that nobody else is likely to lock.
const MIGRATION_LOCK = 7_260_394_118

/**
 * Opens a PostgreSQL database, one that other gateways may use too.
 * @throws Error naming host and database, never the password, when it does not open.
 */
export async function openPostgres(databaseUrl: string, onIdleError: (error: Error) => void): Promise<OpenDatabase> {
  // Process-wide: drizzle's queries ask this table and no other.
  pg.types.setTypeParser(JSON_OID, (text) => text)
  const pool = new pg.Pool({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  pool.on('error', onIdleError)
  try {
    await migrateAlone(pool)
  } catch (cause) {
    await pool.end()
    throw new Error(`cannot open the database at ${withoutPassword(databaseUrl)}: ${messageOf(cause)}`, { cause })
  }
  return { db: drizzle({ client: pool }), close: () => pool.end() }
}

async function migrateAlone(pool: pg.Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    await migrate(drizzle({ client }), MIGRATIONS)
  } finally {
    // Closing the connection gives the lock back, whatever happened.
    client.release(true)
  }
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error)
}

function withoutPassword(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return 'the given URL'
  const { protocol, host, pathname } = new URL(databaseUrl)
  return `${protocol}//${host}${pathname}`
}
