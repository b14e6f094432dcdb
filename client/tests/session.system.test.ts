import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { freePort } from '../../server/tests/support/free-port.ts'
import { startTestGateway, type TestGateway } from '../../server/tests/support/test-gateway.ts'
import {
  createGatewayClient,
  type GatewayClient,
  type Ledger,
  openSession,
  type SessionOptions,
  type SessionState,
} from '../src/index.ts'
import { fileSpool } from '../src/node.ts'
import { areStored } from './are-stored.ts'
import { type InterruptibleCore, startInterruptibleCore } from './interruptible-core.ts'

const event = { event_type: 'file_edited', source_type: 'ide' } as const

let folder: string
let core: InterruptibleCore
let server: TestGateway
let gateway: GatewayClient

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'achilles-client-'))
  core = await startInterruptibleCore(join(folder, 'core'))
  server = await startTestGateway(core, { upstream: { maxRetries: 0 } })
  gateway = createGatewayClient({ url: server.url, retries: 0 })
})

beforeEach(() => {
  core.reachable = true
  core.seen.length = 0
})

afterAll(async () => {
  await server.close()
  await core.stop()
  await rm(folder, { recursive: true, force: true })
})

let keys = 0
const options = (with_: Partial<SessionOptions> = {}): SessionOptions => ({
  client_name: 'test',
  client_version: '1.0.0',
  workspace_id: 'ws',
  user_id: 'ada',
  external_session_key: `key-${++keys}`,
  ...with_,
})

const sumOf = ({ accepted, duplicate, failed, dropped, pending }: Ledger) =>
  accepted + duplicate + failed + pending + Object.values(dropped).reduce((sum, count) => sum + count, 0)

test('a day: open, record, snapshot, insights, end', async () => {
  const session = openSession(
    gateway,
    options({
      workspace_id: 'ws-day',
      workspace_root: '/home/ada/checkout',
      create_project: true,
      ide_name: 'vscode',
      tags: ['a'],
      config_snapshot: { tab_size: 2 },
    }),
  )
  expect(session.state).toMatchObject({ connection: 'connecting', since: expect.any(Date) })
  for (let count = 0; count < 6; count++) session.record({ ...event, event_type: 'error' })
  const { session: opened, handshake, projectId } = await session.opened
  expect(opened).toMatchObject({ user_id: 'ada', status: 'active', project_id: projectId, tags: ['a'] })
  await session.persisted()
  session.snapshot('workspace_state', { branch: 'main' })
  session.recordPerformance({
    agent_id: 'reviewer',
    window_start: new Date(),
    window_end: new Date(),
    tasks_completed: 3,
    tasks_failed: 0,
  })
  await session.flush()
  expect(session.state).toMatchObject({ connection: 'online' })
  expect(session.ledger()).toMatchObject({
    ...{ recorded: 6, accepted: 6, pending: 0 },
    opening: { recorded: 1, accepted: 1 },
    snapshots: { recorded: 1, accepted: 1 },
    performance: { recorded: 1, accepted: 1 },
    end: { recorded: 0 },
  })
  expect(await session.insights({ limit: 20 })).toMatchObject([{ category: 'reliability' }])
  session.record(event)
  expect(await session.end('completed')).toMatchObject({ status: 'completed', end_time: expect.any(String) })
  expect(session.ledger()).toMatchObject({ recorded: 7, accepted: 7, pending: 0, end: { accepted: 1 } })
  expect(await session.end()).toMatchObject({ status: 'completed' })
  expect(() => session.record(event)).toThrow('ended')

  const [shaking, ...others] = core.seen.filter(({ url }) => url !== '/mcp/health')
  expect(shaking?.url).toBe('/mcp/handshake')
  expect(others.length).toBeGreaterThan(5)
  for (const { headers } of others) expect(headers['x-mcp-session-token']).toBe(handshake.mcp_session_token)
})

test('the same key is the same session, and one that had ended is active again', async () => {
  const first = openSession(gateway, options({ external_session_key: 'again' }))
  const ended = await first.end('completed')
  const second = openSession(gateway, options({ external_session_key: 'again' }))
  expect((await second.opened).session).toMatchObject({ session_id: ended?.session_id, status: 'active' })
  await second.end()
})

test('a workspace without a project has none, unless one is to be made', async () => {
  const without = openSession(gateway, options({ workspace_id: 'ws-none', workspace_root: '/x' }))
  const { session, projectId } = await without.opened
  expect(projectId).toBeUndefined()
  expect(session.project_id).toBeNull()
  await without.end()
})

test('while Core cannot be reached the session is offline, says why, and opens when it is tried again', async () => {
  core.reachable = false
  const states: SessionState[] = []
  const session = openSession(gateway, options({ onStateChange: (state) => states.push(state) }))
  session.record(event)
  await expect.poll(() => session.state.connection).toBe('offline')
  expect(session.state).toMatchObject({ reason: expect.any(String), nextAttemptAt: expect.any(Date) })
  await expect(session.insights()).rejects.toMatchObject({ data: { code: 'SERVICE_UNAVAILABLE', retryable: true } })
  core.reachable = true
  await expect.poll(() => server.health.ready).toBe(true)
  session.retryNow()
  await session.flush()
  expect(session.ledger()).toMatchObject({ accepted: 1, opening: { accepted: 1 } })
  expect(states.map(({ connection }) => connection)).toEqual(expect.arrayContaining(['offline', 'online']))
  await session.end()
})

test('a whole session without a gateway is delivered by the next run, in order and ended', async () => {
  core.reachable = false
  const spoolDir = join(folder, 'train')
  const offline = openSession(gateway, options({ external_session_key: 'train', spool: fileSpool(spoolDir) }))
  const ids = Array.from({ length: 5 }, () => offline.record(event))
  offline.snapshot('workspace_state', { branch: 'main' })
  expect(await offline.end('completed', { deadlineMs: 200 })).toBeUndefined()
  expect(offline.ledger()).toMatchObject({
    pending: 5,
    opening: { pending: 1 },
    snapshots: { pending: 1 },
    end: { pending: 1 },
  })
  await expect(offline.opened).rejects.toMatchObject({ data: { code: 'CONFLICT' } })

  core.reachable = true
  await expect.poll(() => server.health.ready).toBe(true)
  core.seen.length = 0
  const next = openSession(gateway, options({ external_session_key: 'home', spool: fileSpool(spoolDir) }))
  await next.flush()
  expect(next.ledger()).toMatchObject({
    recovered: 5,
    accepted: 5,
    pending: 0,
    snapshots: { accepted: 1 },
    end: { accepted: 1 },
  })
  await next.end()
  const { session } = await gateway.sessions.resolve.query({ external_session_key: 'train', user_id: 'ada' })
  expect(session).toMatchObject({ status: 'completed', end_time: expect.any(String) })
  expect(await areStored(gateway, ids, session?.session_id ?? '')).toBe(true)
  expect(await readdir(spoolDir)).toEqual([])
})

test('a session whose process was killed is abandoned, unless its key is used again', async () => {
  const spoolDir = join(folder, 'killed')
  for (const key of ['killed-1', 'killed-2']) {
    const run = fileSpool(spoolDir)
    const session = openSession(
      gateway,
      options({ external_session_key: key, spool: { ...run, close: async () => {} } }),
    )
    session.record(event)
    await session.flush()
    // The files stay as a killed process leaves them.
    await run.close()
  }
  const next = openSession(gateway, options({ external_session_key: 'killed-2', spool: fileSpool(spoolDir) }))
  await next.flush()
  const statusOf = async (external_session_key: string) =>
    (await gateway.sessions.resolve.query({ external_session_key })).session?.status
  await expect.poll(() => statusOf('killed-1')).toBe('abandoned')
  expect(await statusOf('killed-2')).toBe('active')
  await next.end()
  expect(await readdir(spoolDir)).toEqual([])
})

test('flush means Core has answered for each: 20 recorders at once, 20 of 20', async () => {
  const sessions = Array.from({ length: 20 }, () => openSession(gateway, options()))
  const answers = await Promise.all(
    sessions.map(async (session) => {
      const ids = Array.from({ length: 30 }, () => session.record(event))
      const { session_id } = (await session.opened).session
      await session.flush()
      return areStored(gateway, ids, session_id)
    }),
  )
  expect(answers.filter(Boolean)).toHaveLength(20)
  await Promise.all(sessions.map((session) => session.end()))
})

test('a burst of 10,000 events in one tick: memory bounded, the ledger balances, nothing is lost', async () => {
  const session = openSession(gateway, options())
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < 10_000; index++) session.record({ ...event, payload: { index } })
  const grown = (process.memoryUsage().heapUsed - before) / 2 ** 20
  process.stdout.write(`burst: 10,000 events, heap grew by ${grown.toFixed(1)} MB\n`)
  expect(session.ledger()).toMatchObject({ recorded: 10_000, pending: 10_000 })
  await session.flush()
  expect(session.ledger()).toMatchObject({ recorded: 10_000, accepted: 10_000, pending: 0, dropped: {} })
  expect(sumOf(session.ledger())).toBe(10_000)
  await session.end()
})

test('events recorded while Core is gone are delivered once it is back', async () => {
  const session = openSession(gateway, options())
  await session.opened
  core.reachable = false
  for (let index = 0; index < 120; index++) session.record(event)
  await expect.poll(() => core.seen.some(({ url }) => url === '/signals/events/batch')).toBe(true)
  expect(session.ledger()).toMatchObject({ recorded: 120, accepted: 0, pending: 120 })
  core.reachable = true
  await session.flush()
  expect(session.ledger()).toMatchObject({ accepted: 120, pending: 0, dropped: {} })
  await session.end()
})

test('a kill -9 before the first contact loses none of 5,000 events, 50 snapshots, 10 performance records, and the end', async () => {
  const spoolDir = join(folder, 'first-contact')
  // Nothing listens there.
  const url = `http://127.0.0.1:${await freePort()}`
  const child = fork(
    fileURLToPath(new URL('./recording-process.ts', import.meta.url)),
    [url, spoolDir, '5000', 'offline'],
    { execArgv: ['--import', 'tsx'] },
  )
  await once(child, 'message')
  child.send('record')
  const [{ eventIds }] = (await once(child, 'message')) as [{ eventIds: string[] }]
  child.kill('SIGKILL')
  await once(child, 'exit')

  const next = openSession(gateway, options({ spool: fileSpool(spoolDir) }))
  await next.flush()
  await next.end()
  expect(next.ledger()).toMatchObject({
    ...{ recovered: 5_000, accepted: 5_000, duplicate: 0, failed: 0, dropped: {} },
    opening: { recovered: 1, accepted: 2 },
    snapshots: { recovered: 50, accepted: 50 },
    performance: { recovered: 10, accepted: 10 },
    end: { recovered: 1, accepted: 2 },
  })
  const { session } = await gateway.sessions.resolve.query({ external_session_key: 'crash', user_id: 'ada' })
  expect(session).toMatchObject({ status: 'completed' })
  expect(await areStored(gateway, eventIds, session?.session_id ?? '')).toBe(true)
  expect(await readdir(spoolDir)).toEqual([])
})

test('5,000 events recorded while Core is gone, and a kill -9: the next process delivers each, once', async () => {
  const EVENTS = 5_000
  const spoolDir = join(folder, 'spool')
  const child = fork(
    fileURLToPath(new URL('./recording-process.ts', import.meta.url)),
    [server.url, spoolDir, String(EVENTS)],
    { execArgv: ['--import', 'tsx'] },
  )
  await once(child, 'message')
  core.reachable = false
  child.send('record')
  const [{ eventIds, ledger }] = (await once(child, 'message')) as [{ eventIds: string[]; ledger: Ledger }]
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(ledger).toMatchObject({ recorded: EVENTS, accepted: 0, pending: EVENTS })

  core.reachable = true
  await expect.poll(() => server.health.ready).toBe(true)
  const begun = performance.now()
  const session = openSession(gateway, options({ external_session_key: 'crash', spool: fileSpool(spoolDir) }))
  await session.flush()
  const seconds = (performance.now() - begun) / 1000
  expect(session.ledger()).toMatchObject({ recovered: EVENTS, accepted: EVENTS, duplicate: 0, failed: 0, pending: 0 })
  await session.end()
  expect(await readdir(spoolDir)).toEqual([])

  const wanted = new Set(eventIds)
  expect(wanted.size).toBe(EVENTS)
  const ofCrash = (await core.storedEventIds()).filter((id) => wanted.has(id))
  process.stdout.write(
    `crash: ${EVENTS} recorded, ${ofCrash.length} stored, ${new Set(ofCrash).size} different, ${seconds.toFixed(1)} s\n`,
  )
  expect(ofCrash).toHaveLength(EVENTS)
  expect(new Set(ofCrash).size).toBe(EVENTS)
})
