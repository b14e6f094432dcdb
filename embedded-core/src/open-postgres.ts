import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import {
  type Database,
  DatabaseUnavailable,
  describeError,
  JSON_OID,
  MIGRATIONS,
  type OpenDatabase,
  toUnavailable,
} from './database.ts'

// Their sum is below the gateway's default timeout of ten seconds an attempt, so that it receives a 503, not a timeout.
const CONNECT_TIMEOUT_MS = 4_000
const STATEMENT_TIMEOUT_MS = 5_000
/** The server cancels a slow statement itself; if it has not by then, it does not respond. */
const QUERY_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 500
const CLOSE_TIMEOUT_MS = 1_000
/** For an operation of several queries; also below the gateway's ten seconds. */
const OPERATION_TIMEOUT_MS = 9_000
/** Includes waiting for another gateway that migrates. */
const MIGRATION_TIMEOUT_MS = 10 * 60_000
// Not startup parameters: PgBouncer rejects unknown ones. A statement must see what was committed while it waited for the
// lock of a session, whatever the server's default is.
const SETTINGS = `set statement_timeout = ${STATEMENT_TIMEOUT_MS}; set default_transaction_isolation = 'read committed'`
// An arbitrary number that no other application is likely to lock.
const MIGRATION_LOCK = 7_260_394_118

/** @throws Error with the host and the database, never the password, if it does not open. */
export async function openPostgres(databaseUrl: string): Promise<OpenDatabase> {
  // Process-wide: drizzle's queries use only this table of parsers.
  pg.types.setTypeParser(JSON_OID, (text) => text)
  try {
    if (!(await withClient(databaseUrl, QUERY_TIMEOUT_MS, isMigrated))) {
      await withClient(databaseUrl, MIGRATION_TIMEOUT_MS, migrateWithLock)
    }
    return new PostgresDatabase(databaseUrl)
  } catch (cause) {
    throw new Error(`cannot open the database at ${withoutPassword(databaseUrl)}: ${describeError(cause)}`, { cause })
  }
}

/** Replaces all connections when one stops responding: the others are as likely to be dead. */
class PostgresDatabase implements OpenDatabase {
  readonly #databaseUrl: string
  #pool: Connections

  constructor(databaseUrl: string) {
    this.#databaseUrl = databaseUrl
    this.#pool = new Connections(databaseUrl)
  }

  get db(): Database {
    return this.#pool.db
  }

  async run<Result>(operation: (db: Database) => Promise<Result>): Promise<Result> {
    const pool = this.#pool
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_, reject) => {
      const failure = new DatabaseUnavailable(`no response within ${OPERATION_TIMEOUT_MS / 1000} s`)
      timer = setTimeout(reject, OPERATION_TIMEOUT_MS, failure)
    })
    try {
      return await Promise.race([operation(pool.db), timeout])
    } catch (error) {
      const failure = toUnavailable(error)
      if (failure && this.#pool === pool && isTimeout(error)) this.#replace(pool)
      throw failure ?? error
    } finally {
      clearTimeout(timer)
    }
  }

  #replace(pool: Connections): void {
    this.#pool = new Connections(this.#databaseUrl)
    // Other operations on the old pool have their own time limits.
    void delay(OPERATION_TIMEOUT_MS, undefined, { ref: false }).then(() => pool.close())
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}

/** A pool whose sockets can be closed even if PostgreSQL does not respond. */
class Connections {
  readonly db: Database
  readonly #pool: pg.Pool
  readonly #sockets = new Set<Socket>()

  constructor(databaseUrl: string) {
    this.#pool = new pg.Pool({
      connectionString: databaseUrl,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
      stream: () => this.#openSocket(),
      onConnect: (client) => client.query(SETTINGS),
    })
    // A lost idle connection is replaced at the next query.
    this.#pool.on('error', () => {})
    this.db = drizzle({ client: this.#pool })
  }

  async close(): Promise<void> {
    await Promise.race([this.#pool.end(), delay(CLOSE_TIMEOUT_MS)])
    for (const socket of this.#sockets) socket.destroy()
  }

  #openSocket(): Socket {
    const socket = new Socket()
    this.#sockets.add(socket)
    return socket.once('close', () => this.#sockets.delete(socket))
  }
}

/** Checked without the lock, so that a start with nothing to migrate is quick. */
async function isMigrated(client: pg.Client): Promise<boolean> {
  const table = `${MIGRATIONS.migrationsSchema}.${MIGRATIONS.migrationsTable}`
  const found = await client.query('select to_regclass($1) as name', [table])
  if (found.rows[0].name === null) return false
  const newest = Math.max(...readMigrationFiles(MIGRATIONS).map(({ folderMillis }) => folderMillis))
  const applied = await client.query(`select from ${table} where created_at >= $1 limit 1`, [newest])
  return applied.rowCount === 1
}

async function migrateWithLock(client: pg.Client): Promise<void> {
  // Closing the connection releases the lock, also after an error.
  await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
  await migrate(drizzle({ client }), MIGRATIONS)
}

async function withClient<Result>(
  databaseUrl: string,
  queryTimeoutMs: number,
  use: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
  })
  client.on('error', () => {})
  await client.connect()
  try {
    return await use(client)
  } finally {
    await Promise.race([client.end(), delay(CLOSE_TIMEOUT_MS)])
  }
}

const isTimeout = (error: unknown) =>
  error instanceof DatabaseUnavailable || describeError(error) === 'Query read timeout'

function withoutPassword(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return 'the given URL'
  const { protocol, host, pathname } = new URL(databaseUrl)
  return `${protocol}//${host}${pathname}`
}
