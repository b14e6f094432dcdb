import { randomBytes } from 'node:crypto'
import { chmod, cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canMount, fillUp, tmpfs } from '../../client/src/spool/file-spool/testing/tmpfs.ts'
import { openDatabase } from '../src/open-database.ts'
import { events } from '../src/schema.ts'
import { type Served, serve } from '../src/serve.ts'
import { createStore } from '../src/store/store.ts'
import { coreCaller, newEvent, newSession } from '../src/testing/requests.ts'
import { seedDataDir } from '../src/testing/seed-data-dir.ts'
import { temporaryFolder } from '../src/testing/temporary-folder.ts'

const NOBODY = 65_534
const folder = await temporaryFolder()
const written = join(folder.path, 'written')
const home = process.cwd()
let copies = 0

beforeAll(async () => {
  // Another user must be able to reach the folder that it may not read.
  await chmod(folder.path, 0o755)
  await seedDataDir(written)
  const database = await openDatabase({ dataDir: written })
  const store = createStore(database)
  const { session_id } = await store.createSession(newSession())
  await store.ingestEvents({ events: [newEvent(session_id, { event_id: 'kept' })] })
  await database.close()
})
afterAll(async () => {
  // A Core works in its data directory.
  process.chdir(home)
  await folder.remove()
})

/** A copy of a data directory that holds one session and one event. */
async function copyOfWritten(): Promise<string> {
  const dataDir = join(folder.path, `copy-${copies++}`)
  await cp(written, dataDir, { recursive: true })
  return dataDir
}

async function expectNothingLost(dataDir: string): Promise<void> {
  const database = await openDatabase({ dataDir })
  const stored = await database.db.select({ event_id: events.event_id }).from(events)
  await database.close()
  expect(stored).toEqual([{ event_id: 'kept' }])
}

const faultOf = (dataDir: string) =>
  openDatabase({ dataDir }).then(
    () => 'it opened',
    (error: Error) => error.message,
  )

function expectSentence(sentence: string, core: string, reason: string | RegExp, advice: string): void {
  expect(sentence.startsWith(`cannot open the database in ${core}: `)).toBe(true)
  expect(sentence).toMatch(reason)
  expect(sentence.endsWith(`; ${advice}`)).toBe(true)
  expect(sentence).not.toMatch(/\n|Aborted|\[object|\/pglite\//)
}

const startCore = (dataDir: string, log: (line: string) => void = (line) => expect.fail(line)): Promise<Served> =>
  serve({ host: '127.0.0.1', port: 0, dataDir, databaseUrl: undefined, apiKey: 'k', log })

const RESTORE = 'restore the folder from a backup, or move it away to begin with an empty database'
const PERMIT = 'let this user read and write it, then start again'

describe('a damaged database is reported in one sentence, and nothing is deleted', () => {
  /** Damages a file in the database's folder; returns a function that repairs it. */
  const damage = (file: string, how: (path: string) => Promise<void>) => async (core: string) => {
    const path = join(core, file)
    const whole = await readFile(path)
    await how(path)
    return () => writeFile(path, whole)
  }
  const moved = (file: string) => async (core: string) => {
    await rename(join(core, file), `${core}-moved`)
    return () => rename(`${core}-moved`, join(core, file))
  }
  test.each([
    ['PG_VERSION is gone', damage('PG_VERSION', rm), 'it is not empty and has no file PG_VERSION', RESTORE],
    ['PG_VERSION is empty', damage('PG_VERSION', truncate), /PG_VERSION" does not contain valid data/, RESTORE],
    [
      'another major version wrote it',
      damage('PG_VERSION', (path) => writeFile(path, '12\n')),
      /initialized by PostgreSQL version 12, which is not compatible with this version \d/,
      'start the version that wrote it, or move the folder away to begin with an empty database',
    ],
    ['pg_control is gone', damage('global/pg_control', rm), /ENOENT.+pg_control/, RESTORE],
    [
      'pg_control is cut short',
      damage('global/pg_control', (path) => truncate(path, 100)),
      /global\/pg_control/,
      RESTORE,
    ],
    ['the write-ahead log is gone', moved('pg_wal'), /"pg_wal" does not exist/, RESTORE],
    ['the tables are gone', moved('base'), /subdirectory "base\/5" is missing/, RESTORE],
    ['the settings are gone', moved('postgresql.conf'), /ENOENT.+postgresql\.conf/, RESTORE],
    ['the map of files is empty', damage('global/pg_filenode.map', truncate), /global\/pg_filenode\.map/, RESTORE],
  ])('%s', async (_, hurt, reason, advice) => {
    const dataDir = await copyOfWritten()
    const core = join(dataDir, 'core')
    const repair = await hurt(core)
    expectSentence(await faultOf(dataDir), core, reason, advice)
    await repair()
    await expectNothingLost(dataDir)
  })

  test('a file in place of the folder', async () => {
    const dataDir = join(folder.path, 'with-file')
    await mkdir(dataDir)
    await writeFile(join(dataDir, 'core'), 'mine')
    expectSentence(await faultOf(dataDir), join(dataDir, 'core'), 'it is a file, not a folder', RESTORE)
    expect(await readFile(join(dataDir, 'core'), 'utf8')).toBe('mine')
  })

  test.skipIf(!process.seteuid)('no permission to read it', async () => {
    const dataDir = await copyOfWritten()
    const core = join(dataDir, 'core')
    const isRoot = process.geteuid?.() === 0
    await chmod(core, 0)
    if (isRoot) process.seteuid?.(NOBODY)
    try {
      expectSentence(await faultOf(dataDir), core, /EACCES/, PERMIT)
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
    await chmod(core, 0o700)
    await expectNothingLost(dataDir)
  })
})

describe('other files beside the database have no effect', () => {
  test.each([
    ['a file core.creating', (dataDir: string) => writeFile(join(dataDir, 'core.creating'), '')],
    ['a folder core.creating', (dataDir: string) => mkdir(join(dataDir, 'core.creating'))],
    ['a file core.creating-1', (dataDir: string) => writeFile(join(dataDir, 'core.creating-1'), '')],
    ['a file named like a lock', (dataDir: string) => writeFile(join(dataDir, 'lock-0a.sock'), 'mine')],
    ['a file named like a pending lock', (dataDir: string) => writeFile(join(dataDir, 'lock-0a.new'), 'mine')],
  ])('%s', async (_, leave) => {
    const dataDir = await copyOfWritten()
    await leave(dataDir)
    const before = await readdir(dataDir)
    await (await startCore(dataDir)).close(1_000)
    expect(await readdir(dataDir)).toEqual(before)
    await expectNothingLost(dataDir)
  })

  test('creating a database keeps folders with data and removes an unfinished cluster', async () => {
    const dataDir = join(folder.path, 'beside')
    await mkdir(dataDir)
    await cp(join(written, 'core'), join(dataDir, 'core.creating-data'), { recursive: true })
    for (const name of ['core.creating-notes', 'core.creating-cut']) await mkdir(join(dataDir, name))
    await writeFile(join(dataDir, 'core.creating-notes', 'notes.txt'), 'mine')
    for (const name of ['PG_VERSION', 'unfinished']) await writeFile(join(dataDir, 'core.creating-cut', name), '')
    await (await openDatabase({ dataDir })).close()
    expect((await readdir(dataDir)).sort()).toEqual(['core', 'core.creating-data', 'core.creating-notes'])
    await rename(join(dataDir, 'core'), join(dataDir, 'core.new'))
    await rename(join(dataDir, 'core.creating-data'), join(dataDir, 'core'))
    await expectNothingLost(dataDir)
  })
})

describe.skipIf(!canMount)('a full disk', () => {
  test('at the first start: one sentence, and a later start succeeds', async () => {
    const dataDir = tmpfs('512m')
    fillUp(dataDir)
    const disk = 'free some disk space, then start again'
    expectSentence(await faultOf(dataDir), join(dataDir, 'core'), /no space left|ENOSPC/i, disk)
    expect(await readdir(dataDir)).toEqual(['filler'])
    await rm(join(dataDir, 'filler'))
    await (await openDatabase({ dataDir })).close()
  })

  test('while serving: 503 and `degraded`, logged once; recovers without a restart and without data loss', async () => {
    const dataDir = tmpfs('512m')
    await cp(written, dataDir, { recursive: true })
    const lines: string[] = []
    const core = await startCore(dataDir, (line) => lines.push(line))
    const call = coreCaller({ url: core.url, apiKey: 'k' })
    const { session_id } = (await call('POST', '/mcp/sessions', newSession())).body
    const accepted: string[] = []
    const payload = { noise: randomBytes(64 * 1024).toString('base64') }
    const ingest = async () => {
      const batch = Array.from({ length: 20 }, () => newEvent(session_id, { payload }))
      const { status } = await call('POST', '/signals/events/batch', { events: batch })
      if (status === 200) accepted.push(...batch.map(({ event_id }) => event_id))
      return status
    }
    expect(await ingest()).toBe(200)
    fillUp(dataDir)
    await expect.poll(ingest, { interval: 0 }).toBe(503)
    const health = async () => (await call('GET', '/mcp/health')).body as unknown as Record<string, unknown>
    for (let times = 0; times < 3; times++) expect(await ingest()).toBe(503)
    for (let times = 0; times < 3; times++) {
      expect(await call('POST', '/signals/insights', { session_id })).toMatchObject({
        status: expect.toBeOneOf([200, 503]),
      })
      expect(await health()).toMatchObject({ status: 'degraded', accepting_signals: false })
    }
    expect(lines).toEqual([expect.stringMatching(/^the database is unavailable: .*(no space|full)/i)])

    await rm(join(dataDir, 'filler'))
    await expect.poll(ingest).toBe(200)
    await expect.poll(health).toMatchObject({ status: 'ok', accepting_signals: true })
    expect((await health()).database_failures).toBeGreaterThanOrEqual(4)
    expect(lines).toHaveLength(2)
    expect(lines[1]).toMatch(/^the database is available again; \d+ operations failed$/)
    await core.close(1_000)

    const database = await openDatabase({ dataDir })
    const stored = await database.db.select({ event_id: events.event_id }).from(events)
    await database.close()
    const ids = new Set(stored.map(({ event_id }) => event_id))
    expect(accepted.filter((id) => !ids.has(id))).toEqual([])
  })
})
