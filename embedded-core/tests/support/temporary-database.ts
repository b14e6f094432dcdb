import { randomBytes } from 'node:crypto'
import pg from 'pg'

/** An empty database on a shared PostgreSQL server. */
export interface TemporaryDatabase {
  url: string
  /** Drops it, even with open connections. */
  drop(): Promise<void>
}

/** @param template the URL of a database to copy, which must have no connections */
export async function createTemporaryDatabase(serverUrl: string, template?: string): Promise<TemporaryDatabase> {
  const name = `achilles_core_test_${randomBytes(6).toString('hex')}`
  const from = template === undefined ? '' : ` template ${new URL(template).pathname.slice(1)}`
  await run(serverUrl, `create database ${name}${from}`)
  return {
    url: Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href,
    drop: () => run(serverUrl, `drop database ${name} with (force)`),
  }
}

async function run(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  await client.query(statement)
  await client.end()
}
