import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chown, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { canMount, fillUp, tmpfs } from '../../client/src/spool/file-spool/testing/tmpfs.ts'
import { type Served, serve } from '../src/serve.ts'
import { coreCaller, newEvent, newSession } from '../src/testing/requests.ts'
import { canStartPostgres, type PostgresServer, startPostgresServer } from './support/postgres-server.ts'
import { createTemporaryDatabase } from './support/temporary-database.ts'

const MAX_CONNECTIONS = 20

/** A proxy to PostgreSQL whose connections can stop responding, as behind a firewall that dropped their state. */
async function startProxy(port: number) {
  const sockets = new Set<Socket>()
  const server: Server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => {}).on('close', () => to.destroy())
      from.pipe(to)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    /** Stops all traffic on the open connections without closing them. */
    silence() {
      for (const socket of sockets) socket.unpipe().removeAllListeners('close').pause()
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

const withPort = (url: string, port: number) => Object.assign(new URL(url), { port: String(port) }).href

describe.skipIf(!canStartPostgres)('the embedded Core on PostgreSQL', () => {
  let postgres: PostgresServer
  let proxy: Awaited<ReturnType<typeof startProxy>>
  let core: Served
  let lines: string[]
  let call: ReturnType<typeof coreCaller>
  let session_id: string

  beforeAll(async () => {
    postgres = await startPostgresServer([`max_connections=${MAX_CONNECTIONS}`, 'superuser_reserved_connections=0'])
  })
  afterAll(() => postgres?.remove())

  beforeEach(async () => {
    lines = []
    proxy = await startProxy(Number(new URL(postgres.url).port))
    core = await startCore(withPort(postgres.url, proxy.port))
    call = coreCaller({ url: core.url, apiKey: 'k' })
    session_id = (await call('POST', '/mcp/sessions', newSession())).body.session_id
  })
  afterEach(async () => {
    await core.close(1_000)
    proxy.close()
  })

  const startCore = (databaseUrl: string) =>
    serve({
      host: '127.0.0.1',
      port: 0,
      dataDir: '',
      databaseUrl,
      apiKey: 'k',

      log: (line) => lines.push(line),
    })
  const ingest = async () => (await call('POST', '/signals/events/batch', { events: [newEvent(session_id)] })).status
  /** As many as the pool has connections. */
  const ingestTen = () => Promise.all(Array.from({ length: 10 }, ingest))
  const allStored = Array<number>(10).fill(200)
  const health = async () => (await call('GET', '/mcp/health')).body as unknown as Record<string, unknown>

  async function expectOutage(reason: RegExp): Promise<void> {
    expect(await ingestTen()).toContain(503)
    expect(lines).toEqual([expect.stringMatching(reason)])
  }

  async function expectRecovery(): Promise<void> {
    await expect.poll(ingest).toBe(200)
    await expect.poll(health).toMatchObject({ status: 'ok', accepting_signals: true })
    expect(lines).toEqual([
      expect.stringMatching(/^the database is unavailable: /),
      expect.stringMatching(/^the database is available again; \d+ operations failed$/),
    ])
    expect((await health()).database_failures).toBeGreaterThan(0)
    expect(await ingestTen()).toEqual(allStored)
  }

  test('connections that stop responding are replaced', async () => {
    expect(await ingestTen()).toEqual(allStored)
    proxy.silence()
    await expectOutage(/Query read timeout|no response within/)
    await expectRecovery()
  })

  test('paused and resumed: callers receive 503, health is `degraded`', async () => {
    postgres.signal('SIGSTOP')
    try {
      await expectOutage(/Query read timeout|timeout/)
      expect(await health()).toMatchObject({ status: 'degraded', accepting_signals: false })
    } finally {
      postgres.signal('SIGCONT')
    }
    await expectRecovery()
  })

  test('crashes and restarts', async () => {
    const [statuses] = await Promise.all([Promise.all(Array.from({ length: 5 }, ingest)), postgres.restart()])
    expect(statuses.every((status) => status === 200 || status === 503)).toBe(true)
    await expect.poll(ingest).toBe(200)
    await expect.poll(health).toMatchObject({ status: 'ok' })
    expect(lines.length % 2).toBe(0)
  })

  test('no connections left', async () => {
    proxy.silence()
    const others: pg.Client[] = []
    for (;;) {
      const client = new pg.Client({ connectionString: postgres.url })
      client.on('error', () => {})
      if (
        !(await client.connect().then(
          () => true,
          () => false,
        ))
      )
        break
      others.push(client)
    }
    await expectOutage(/Query read timeout|too many clients|no response/)
    await expect.poll(async () => (await health()).status).toBe('degraded')
    await Promise.all(others.map((client) => client.end()))
    await expectRecovery()
  })

  test('slow: a statement is cancelled, and the next succeeds', async () => {
    const other = new pg.Client({ connectionString: postgres.url })
    other.on('error', () => {})
    await other.connect()
    await other.query('begin; lock table achilles_core.events in access exclusive mode')
    await expectOutage(/statement timeout/)
    await other.query('rollback')
    await other.end()
    await expectRecovery()
  })

  test.skipIf(!canMount)('full disk', async () => {
    const disk = tmpfs('24m')
    if (postgres.user) await chown(disk, postgres.user.uid, postgres.user.gid)
    const database = await createTemporaryDatabase(postgres.url)
    const admin = new pg.Client({ connectionString: postgres.url })
    await admin.connect()
    await admin.query(`create tablespace small location '${disk}'`)
    await admin.query(`alter database ${new URL(database.url).pathname.slice(1)} set default_tablespace = small`)
    const other = await startCore(database.url)
    call = coreCaller({ url: other.url, apiKey: 'k' })
    session_id = (await call('POST', '/mcp/sessions', newSession())).body.session_id

    fillUp(disk)
    const payload = { noise: randomBytes(64 * 1024).toString('base64') }
    const ingestLarge = async () => {
      const { status } = await call('POST', '/signals/events/batch', { events: [newEvent(session_id, { payload })] })
      return status
    }
    await expect.poll(ingestLarge, { interval: 0 }).toBe(503)
    for (let times = 0; times < 5; times++) {
      expect(await call('POST', '/signals/insights', { session_id })).toMatchObject({ status: 200 })
      expect(await health()).toMatchObject({ status: 'degraded' })
      expect(await ingestLarge()).toBe(503)
    }
    expect(lines).toEqual([expect.stringMatching(/No space left on device/)])
    await rm(join(disk, 'filler'))
    await expectRecovery()
    expect(await ingestLarge()).toBe(200)

    await other.close(1_000)
    await database.drop()
    await admin.query('drop tablespace small')
    await admin.end()
  })

  test('paused while the Core stops: the Core still ends', async () => {
    const other = await startCore(postgres.url)
    const calls = coreCaller({ url: other.url, apiKey: 'k' })
    await calls('POST', '/mcp/sessions', newSession())
    postgres.signal('SIGSTOP')
    try {
      const pending = calls('POST', '/mcp/sessions', newSession()).catch(() => 'cut off')
      await other.close(500)
      await pending
    } finally {
      postgres.signal('SIGCONT')
    }
  })

  test('not responding at the start: one sentence, in time', async () => {
    postgres.signal('SIGSTOP')
    try {
      await expect(startCore(postgres.url)).rejects.toThrow(
        `cannot open the database at ${postgres.url.replace('postgres@', '')}: timeout expired`,
      )
    } finally {
      postgres.signal('SIGCONT')
    }
  })
})
