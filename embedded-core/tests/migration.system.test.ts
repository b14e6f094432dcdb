import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { appendFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as migratePostgres } from 'drizzle-orm/node-postgres/migrator'
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite'
import { migrate as migratePglite } from 'drizzle-orm/pglite/migrator'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Database, MIGRATIONS, type OpenDatabase } from '../src/database.ts'
import { openDatabase } from '../src/open-database.ts'
import { agentPerformance, errorCorrelations, events, sessionSnapshots } from '../src/schema.ts'
import { createStore } from '../src/store/store.ts'
import { newEvent } from '../src/testing/requests.ts'
import { temporaryFolder } from '../src/testing/temporary-folder.ts'
import { createTemporaryDatabase } from './support/temporary-database.ts'

const postgresUrl = process.env.TEST_POSTGRES_URL
if (!postgresUrl) process.stdout.write('skipped: migrations on PostgreSQL (TEST_POSTGRES_URL is not set)\n')

const folder = await temporaryFolder()
afterAll(() => folder.remove())

/** The migrations of the first version only, or all migrations with an extra last statement. */
async function migrationsWith({ first, last = '' }: { first?: true; last?: string }): Promise<string> {
  const path = join(folder.path, first ? 'first' : 'slow')
  await cp(MIGRATIONS.migrationsFolder, path, { recursive: true })
  const file = join(path, 'meta', '_journal.json')
  const journal = JSON.parse(await readFile(file, 'utf8')) as { entries: { tag: string }[] }
  if (first) journal.entries.splice(1)
  await writeFile(file, JSON.stringify(journal))
  await appendFile(join(path, `${journal.entries.at(-1)?.tag}.sql`), last)
  return path
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const request = { session_id: 'ses_1', snapshot_type: 'custom', payload: { n: 1 } } as const

/** Data as the first version wrote it: events, and writes with hashed idempotency keys without a caller. */
async function fill(db: Database): Promise<void> {
  await db.execute(sql`insert into achilles_core.sessions
    (session_id, external_session_key, user_id, workspace_id, status, start_time, tags)
    values ('ses_1', 'k1', 'u', 'w', 'active', '2026-03-02T09:00:00Z', '[]'),
      ('ses_2', 'k2', 'u', 'w', 'active', '2026-03-02T09:00:00Z', '[]')`)
  await db.execute(sql`insert into achilles_core.events (event_id, session_id, event_type, occurred_at_ms, fields)
    select 'e' || n, 'ses_1', case when n <= 7 then 'error' else 'custom' end, n, '{}' from generate_series(1, 1000) n`)
  await db.execute(sql`insert into achilles_core.session_snapshots
    (snapshot_id, session_id, snapshot_type, request, idempotency_key)
    values ('snp_1', 'ses_1', 'custom', ${JSON.stringify(request)}, ${sha256('key')}),
      ('snp_2', 'ses_1', 'custom', ${JSON.stringify(request)}, null)`)
  await db.execute(sql`insert into achilles_core.agent_performance
    (snapshot_id, session_id, agent_id, request, idempotency_key) values ('prf_1', 'ses_1', 'a', '{}', ${sha256('key')})`)
  await db.execute(sql`insert into achilles_core.error_correlations
    (correlation_id, session_id, error_event_id, request, correlations, idempotency_key)
    values ('cor_1', 'ses_1', 'e1', '{}', '[]', ${sha256('key')})`)
}

async function expectEverything(database: OpenDatabase): Promise<void> {
  const { db } = database
  const counts = await Promise.all(
    [events, sessionSnapshots, agentPerformance, errorCorrelations].map((table) => db.$count(table)),
  )
  expect(counts).toEqual([1000, 2, 1, 1])
  const store = createStore(database)
  const insights = await store.queryInsights({ session_id: 'ses_1', limit: 50 })
  expect(insights).toMatchObject([{ payload: { rule: 'error_burst', errors: 7 } }])
  const event = { event_id: 'e1', timestamp: '2026-03-02T09:00:00Z' }
  expect(await store.ingestEvents({ events: [newEvent('ses_1', event)] })).toMatchObject({
    results: [{ status: 'duplicate' }],
  })
  expect(await store.ingestEvents({ events: [newEvent('ses_2', event)] })).toMatchObject({
    results: [{ status: 'accepted' }],
  })
  const kept = { snapshot_id: 'snp_1' }
  expect(await store.recordSnapshot(request, { client: 'anonymous', key: 'key' })).toMatchObject(kept)
  expect(await store.recordSnapshot(request, { client: 'ada', key: 'key' })).not.toMatchObject(kept)
}

/** Opens the database in a separate process, with a migration that never ends. */
function openInAnotherProcess(options: object): ChildProcess {
  const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
  const script = `
    import { openDatabase } from ${url('../src/open-database.ts')}
    import { MIGRATIONS } from ${url('../src/database.ts')}
    const { migrationsFolder, ...options } = ${JSON.stringify(options)}
    if (migrationsFolder) MIGRATIONS.migrationsFolder = migrationsFolder
    await openDatabase(options)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  expect(child.exitCode).toBeNull()
  child.kill('SIGKILL')
  await once(child, 'exit')
}

let first: string
beforeAll(async () => {
  first = await migrationsWith({ first: true })
})

describe('a database of the first version, PGlite', () => {
  const dataDir = join(folder.path, 'data')
  const core = join(dataDir, 'core')

  beforeAll(async () => {
    await mkdir(dataDir)
    const client = await PGlite.create(core)
    const db = drizzlePglite({ client })
    await migratePglite(db, { ...MIGRATIONS, migrationsFolder: first })
    await fill(db)
    await client.close()
  })

  test('opens with all data, also after a kill -9 during the migration', async () => {
    const tables = async () => (await readdir(join(core, 'base', '5'))).sort().join()
    const before = await tables()
    const migrationsFolder = await migrationsWith({
      last: '\n--> statement-breakpoint\ndo $$ begin loop end loop; end $$;',
    })
    const child = openInAnotherProcess({ dataDir, migrationsFolder })
    // The migration's first statement builds an index, a separate file; its last one never ends.
    await expect.poll(tables).not.toBe(before)
    await kill(child)
    await rm(migrationsFolder, { recursive: true })

    const database = await openDatabase({ dataDir })
    await expectEverything(database)
    await database.close()
  })
})

describe.skipIf(!postgresUrl)('a database of the first version, PostgreSQL', () => {
  test('opens with all data, also after a kill -9 during the migration', async () => {
    const { url: databaseUrl, drop } = await createTemporaryDatabase(postgresUrl ?? '')
    onTestFinished(drop)
    const client = new pg.Client({ connectionString: databaseUrl })
    client.on('error', () => {})
    await client.connect()
    const db = drizzle({ client })
    await migratePostgres(db, { ...MIGRATIONS, migrationsFolder: first })
    await fill(db)

    // The last statement of the migration waits for this lock.
    const watcher = new pg.Client({ connectionString: databaseUrl })
    await watcher.connect()
    await client.query('begin; lock table achilles_core.session_snapshots in share mode')
    const child = openInAnotherProcess({ dataDir: '', databaseUrl })
    const waiting = `select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%session_snapshots%'`
    await expect.poll(async () => (await watcher.query(waiting)).rowCount).toBe(1)
    await watcher.end()
    await kill(child)
    await client.query('rollback')
    await client.end()

    const database = await openDatabase({ dataDir: '', databaseUrl })
    await expectEverything(database)
    await database.close()
  })
})
