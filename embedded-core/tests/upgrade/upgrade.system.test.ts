import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, watch } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { hasFormerVersion, installFormerVersion } from '../../../server/tests/support/former-version.ts'
import {
  type DataCopy,
  type FormerData,
  getDatabaseUrl,
  getDataDir,
  startOn,
  writeFormerPglite,
  writeFormerPostgres,
} from './former-data.ts'
import { call, expectReads, expectRepeatable, expectWritable, respond, sendTo } from './history.ts'
import { markProcesses, signalAll } from './marked-processes.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** Where a migration of PGlite is killed: after so many slices of time, counted from its first new index. */
const PGLITE_KILLS = [0, 1, 2, 4, 8, 16]
const SLICE_MS = 5
/** Where a migration of PostgreSQL is killed: at the first statement that changes such a table. */
const TABLES = [
  'agent_performance',
  'error_correlations',
  'events',
  'migrations',
  'projects',
  'session_snapshots',
  'sessions',
]

const postgresUrl = process.env.TEST_POSTGRES_URL
if (!postgresUrl) process.stdout.write('skipped: upgrades on PostgreSQL (TEST_POSTGRES_URL is not set)\n')
const canBackUp = postgresUrl !== undefined && hasClientTools()
const missing = process.platform !== 'linux' || !hasFormerVersion()

function hasClientTools(): boolean {
  try {
    for (const tool of ['pg_dump', 'pg_restore', 'psql']) execFileSync(tool, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    process.stdout.write(
      'skipped: the upgrade on PostgreSQL that the runbook describes (no pg_dump, pg_restore or psql)\n',
    )
    return false
  }
}

const say = (line: string) => process.stdout.write(`upgrade: ${line}\n`)

/** Starts the current version on the former data, kills it, and finds everything in what it leaves. */
async function expectEverything(data: DataCopy, { history, rows }: FormerData): Promise<void> {
  const gateway = await startOn(data)
  await expectReads(sendTo(gateway.url), history)
  await gateway.marked.kill()
  const now = await data.readRows(rows)
  expect(now.tables).toEqual(rows.tables)
  expect(now.migrations).toBeGreaterThan(rows.migrations)
}

const describeRows = ({ rows: { tables } }: FormerData) =>
  Object.entries(tables)
    .map(([table, { rows }]) => `${rows} ${table}`)
    .join(', ')

/** Runs shell commands of the runbook's section "Upgrade", in the order in which it has them. */
function openRunbook(heading: string, data: DataCopy) {
  const [, section = ''] = readFileSync(join(ROOT, 'RUNBOOK.md'), 'utf8').split(`\n### ${heading}\n`)
  const [own = ''] = section.split(/\n##+ /)
  const blocks = [...own.matchAll(/^( *)```sh\n(.*?)^\1```$/gms)].map(([, , commands = '']) => commands)
  const backup = join(tmpdir(), `achilles-backup-${process.pid}-${heading.replaceAll(' ', '-')}`)
  onTestFinished(() => execFileSync('rm', ['-rf', backup, `${backup}.migrated`]) && undefined)
  const env = { ...process.env, ...data.settings, BACKUP: backup, PORT: '0' }
  return {
    async runNext(): Promise<string> {
      const commands = blocks.shift() ?? expect.fail(`${heading} has no further commands`)
      return (await promisify(execFile)('bash', ['-euc', commands], { cwd: ROOT, env })).stdout
    },
    expectEnd: () => expect(blocks).toEqual([]),
  }
}

describe.skipIf(missing)('a data directory of the former version', () => {
  let former: FormerData
  let root: string

  beforeAll(async () => {
    root = await installFormerVersion()
    former = await writeFormerPglite()
    say(`PGlite: ${describeRows(former)}`)
  })

  afterAll(() => former?.original.remove())

  test('upgrades and rolls back as the runbook describes', async () => {
    const data = await former.copy()
    onTestFinished(() => data.remove())
    const runbook = openRunbook('With PGlite', data)
    const previous = await startOn(data, { root })
    await expectReads(sendTo(previous.url), former.history)
    expect(await previous.stop()).toBe(0)
    await runbook.runNext()
    expect(await runbook.runNext()).toMatch(/ 0 faults/)

    const gateway = await startOn(data)
    const send = sendTo(gateway.url)
    await expectReads(send, former.history)
    await expectRepeatable(send, former.history)
    const now = await data.readRows(former.rows)
    expect(now.tables).toEqual(former.rows.tables)
    await expectWritable(send, former.history, 'after-upgrade')
    expect(await gateway.stop()).toBe(0)

    await runbook.runNext()
    runbook.expectEnd()
    expect(await data.readRows()).toEqual(former.rows)
    const restored = await startOn(data, { root })
    await expectReads(sendTo(restored.url), former.history)
    await expectRepeatable(sendTo(restored.url), former.history)
    await expectWritable(sendTo(restored.url), former.history, 'after-rollback')
    expect(await restored.stop()).toBe(0)
  })

  test('is not opened while the former version has it open', async () => {
    const data = await former.copy()
    onTestFinished(() => data.remove())
    const previous = await startOn(data, { root })
    await expect(startOn(data)).rejects.toThrow('ended before it logged')
    await expectRepeatable(sendTo(previous.url), former.history)
    expect(await previous.stop()).toBe(0)
    await expectEverything(data, former)
  })

  describe('opens with everything, also if the first two starts are killed with -9', () => {
    let during = 0

    test.each(PGLITE_KILLS)('%d slices into the migration', async (slices) => {
      const data = await former.copy()
      onTestFinished(() => data.remove())
      const files = await readTableFiles(data)
      const isReady = await startAndKill(data, slices)
      if (!isReady && (await readTableFiles(data)) !== files) during++
      await startAndKill(data, slices)
      await expectEverything(data, former)
    })

    test('which at least once was during the migration', () => {
      say(`PGlite: ${2 * PGLITE_KILLS.length} starts killed, ${during} first ones during the migration`)
      expect(during).toBeGreaterThan(0)
    })
  })

  /** Kills a start there, or when it listens. Resolves to whether it did. */
  async function startAndKill(data: DataCopy, slices: number): Promise<boolean> {
    const marked = markProcesses()
    const before = await readTableFiles(data)
    const watcher = watch(getDataDir(data))
    let isReady: boolean | undefined
    const started = startOn(data, { marked }).then(
      () => (isReady = true),
      () => (isReady = false),
    )
    // Core locks the directory before it opens the database in it.
    await Promise.race([once(watcher, 'change'), started])
    watcher.close()
    const pids = await marked.find()
    let left = slices
    while (isReady === undefined) {
      // Stopped while it is looked at, so that a busy machine does not miss the migration.
      signalAll(pids, 'SIGSTOP')
      if ((await readTableFiles(data)) !== before && left-- === 0) break
      signalAll(pids, 'SIGCONT')
      await delay(SLICE_MS)
    }
    await marked.kill()
    return started
  }

  const readTableFiles = async (data: DataCopy) =>
    (await readdir(join(getDataDir(data), 'core/base/5')))
      .filter((name) => /^\d+$/.test(name))
      .sort()
      .join()
})

describe.skipIf(missing || !postgresUrl)('a PostgreSQL database of the former version', () => {
  let former: FormerData
  let root: string

  beforeAll(async () => {
    root = await installFormerVersion()
    former = await writeFormerPostgres(postgresUrl ?? '')
    say(`PostgreSQL: ${describeRows(former)}`)
  })

  afterAll(() => former?.original.remove())

  async function copyFormer(): Promise<DataCopy> {
    const data = await former.copy()
    onTestFinished(() => data.remove())
    return data
  }

  test.skipIf(!canBackUp)('upgrades gateway by gateway and rolls back as the runbook describes', async () => {
    const data = await copyFormer()
    const runbook = openRunbook('With PostgreSQL', data)
    const previous = await startOn(data, { root })
    const send = sendTo(previous.url)
    const { body } = await respond(send, call('sessions.create', { external_session_key: 'upgrade' }))
    const session_id = String(body.session_id)
    const event = (event_id: string) => call('signals.ingest', { session_id, event_id })
    expect(await respond(send, event('before'))).toMatchObject({ status: 200 })
    const rows = await data.readRows()
    await runbook.runNext()

    // The migration has changed the events, and waits for the last table.
    const lock = await lockTable(data, 'session_snapshots')
    const starting = Promise.all([startOn(data), startOn(data)])
    await expect.poll(() => lock.isWaitedFor('relation')).toBe(true)
    await expect.poll(() => lock.isWaitedFor('advisory')).toBe(true)
    expect(await respond(send, call('sessions.resolve', { external_session_key: 'upgrade' }))).toMatchObject({
      status: 200,
    })
    const during = respond(send, event('during'))
    const insights = respond(send, call('signals.insights', { session_id }))
    await expect.poll(() => lock.isWaitedFor('relation', 'insert into %events%')).toBe(true)
    await lock.release()
    const [gateway, other] = await starting
    const failure = { status: 502, body: { code: 'BAD_GATEWAY', retryable: true } }
    expect(await during).toMatchObject(failure)
    expect(await insights).toMatchObject({ status: 200 })

    expect((await data.readRows(rows)).tables).toEqual(rows.tables)
    expect(await respond(send, event('after'))).toMatchObject(failure)
    await expectReads(send, former.history)
    const snapshot = call('state.snapshot', { session_id }, 'after')
    const stored = await respond(send, snapshot)
    expect(stored).toMatchObject({ status: 200 })
    expect(await runbook.runNext()).toMatch(/ 0 faults/)
    expect(await previous.stop()).toBe(0)

    for (const { url } of [gateway, other]) {
      await expectReads(sendTo(url), former.history)
      await expectRepeatable(sendTo(url), former.history)
    }
    const results = ['before', 'during', 'after'].map((id) => respond(sendTo(gateway.url), event(id)))
    expect((await Promise.all(results)).map(({ body }) => body.results)).toMatchObject([
      [{ status: 'duplicate' }],
      [{ status: 'accepted' }],
      [{ status: 'accepted' }],
    ])
    // The former version does not know whose key it is, so it is another write here.
    expect((await respond(sendTo(gateway.url), snapshot)).body.snapshot_id).not.toBe(stored.body.snapshot_id)
    await expectWritable(sendTo(other.url), former.history, 'after-upgrade')
    expect(await Promise.all([gateway.stop(), other.stop()])).toEqual([0, 0])

    await runbook.runNext()
    runbook.expectEnd()
    expect(await data.readRows()).toEqual(rows)
    const restored = await startOn(data, { root })
    await expectReads(sendTo(restored.url), former.history)
    await expectRepeatable(sendTo(restored.url), former.history)
    await expectWritable(sendTo(restored.url), former.history, 'after-rollback')
    expect(await restored.stop()).toBe(0)
  })

  describe('opens with everything, also if the first start is killed with -9', () => {
    let during = 0

    test.each(TABLES)('when it changes the table %s', async (table) => {
      const data = await copyFormer()
      const lock = await lockTable(data, table)
      const marked = markProcesses()
      let isReady = false
      const started = startOn(data, { marked }).then(
        () => (isReady = true),
        () => {},
      )
      await expect.poll(async () => isReady || (await lock.isWaitedFor('relation'))).toBe(true)
      if (!isReady) during++
      await marked.kill()
      await started
      // The server notices the death of a client only after the statement that waits for the table.
      const opened = expectEverything(data, former)
      if (!isReady) await expect.poll(() => lock.isWaitedFor('advisory')).toBe(true)
      await lock.release()
      await opened
    })

    test('which at least once was during the migration', () => {
      say(`PostgreSQL: ${TABLES.length} starts killed, ${during} during the migration`)
      expect([...Object.keys(former.rows.tables), 'migrations'].toSorted()).toEqual(TABLES)
      expect(during).toBeGreaterThan(0)
    })
  })
})

/** Locks a table against writes until it is released. */
async function lockTable(data: DataCopy, table: string) {
  const connect = async () => {
    const client = new pg.Client({ connectionString: getDatabaseUrl(data) })
    // Dropping the database ends it.
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const [holder, watcher] = await Promise.all([connect(), connect()])
  await holder.query(`begin; lock table achilles_core."${table}" in share mode`)
  const waiting = `select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and wait_event = $1 and query ilike $2`
  return {
    /** Whether such a query waits for such a lock. */
    isWaitedFor: async (lock: 'relation' | 'advisory', query = '%') =>
      (await watcher.query(waiting, [lock, query])).rowCount !== 0,
    async release() {
      await holder.query('rollback')
      await Promise.all([holder.end(), watcher.end()])
    },
  }
}
