import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { startTestGateway, type TestGateway } from '../../server/tests/support/test-gateway.ts'
import {
  createGatewayClient,
  type GatewayClient,
  isGatewayError,
  type Ledger,
  memorySpool,
  openSession,
  type SessionOptions,
} from '../src/index.ts'
import { fileSpool } from '../src/node.ts'
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
  const session = await openSession(
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
  expect(session.opened).toMatchObject({ user_id: 'ada', status: 'active', project_id: session.projectId, tags: ['a'] })
  for (let count = 0; count < 6; count++) session.record({ ...event, event_type: 'error' })
  await session.persisted()
  await session.flush()
  expect(session.ledger()).toMatchObject({ recorded: 6, accepted: 6, pending: 0 })
  expect(await session.snapshot('workspace_state', { branch: 'main' })).toMatchObject({
    session_id: session.opened.session_id,
    snapshot_type: 'workspace_state',
  })
  expect(await session.insights({ limit: 20 })).toMatchObject([{ category: 'reliability' }])
  session.record(event)
  expect(await session.end('completed')).toMatchObject({ status: 'completed', end_time: expect.any(String) })
  expect(session.ledger()).toMatchObject({ recorded: 7, accepted: 7, pending: 0 })
  expect(await session.end()).toMatchObject({ status: 'completed' })
  expect(() => session.record(event)).toThrow('ended')

  const [shaking, ...others] = core.seen.filter(({ url }) => url !== '/mcp/health')
  expect(shaking?.url).toBe('/mcp/handshake')
  expect(others.length).toBeGreaterThan(5)
  for (const { headers } of others) {
    expect(headers['x-mcp-session-token']).toBe(session.handshake.mcp_session_token)
  }
})

test('the same key is the same session, and one that had ended is active again', async () => {
  const first = await openSession(gateway, options({ external_session_key: 'again' }))
  await first.end('completed')
  const second = await openSession(gateway, options({ external_session_key: 'again' }))
  expect(second.opened).toMatchObject({ session_id: first.opened.session_id, status: 'active' })
  await second.end()
})

test('a workspace without a project has none, unless one is to be made', async () => {
  const without = await openSession(gateway, options({ workspace_id: 'ws-none', workspace_root: '/x' }))
  expect(without.projectId).toBeUndefined()
  expect(without.opened.project_id).toBeNull()
  await without.end()
})

test('an invalid input rejects with its path', async () => {
  const error = await openSession(gateway, options({ user_id: '' })).catch((error: unknown) => error)
  expect(error).toMatchObject({ data: { code: 'BAD_REQUEST', issues: [{ path: 'user_id' }] } })
})

test('a Core that cannot be reached rejects with what is wrong', async () => {
  core.reachable = false
  const error = await openSession(gateway, options()).catch((error: unknown) => error)
  expect(isGatewayError(error) && error.data).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true })
})

test('an opening that is given up at its end lets go of the spool, and of what it had taken over', async () => {
  const event = { event_type: 'custom', source_type: 'ci', event_id: 'left', session_id: 's', timestamp: new Date() }
  const caller = new AbortController()
  const left = [[{ session_id: 's', event_id: 'left', json: JSON.stringify(event) }]]
  const spool = {
    ...memorySpool(),
    durable: true,
    close: vi.fn(async () => {}),
    async recover() {
      caller.abort()
      return left.shift() ?? []
    },
  }
  await expect(openSession(gateway, options({ spool, signal: caller.signal }))).rejects.toThrow('aborted')
  expect(spool.close).toHaveBeenCalled()
  expect(core.seen.map(({ url }) => url)).not.toContain('/signals/events/batch')
})

test('flush means Core has answered for each: 20 recorders at once, 20 of 20', async () => {
  const sessions = await Promise.all(Array.from({ length: 20 }, () => openSession(gateway, options())))
  const answers = await Promise.all(
    sessions.map(async (session) => {
      const ids = Array.from({ length: 30 }, () => session.record(event))
      await session.flush()
      // Core itself is asked, not the recorder: every one of them is there already.
      const again = ids.map((event_id) => ({
        ...event,
        event_id,
        session_id: session.opened.session_id,
        timestamp: new Date(),
      }))
      const { results } = await gateway.signals.ingestBatch.mutate({ events: again })
      return results.every(({ status }) => status === 'duplicate') && results.length === 30
    }),
  )
  expect(answers.filter(Boolean)).toHaveLength(20)
  await Promise.all(sessions.map((session) => session.end()))
})

test('a burst of 10,000 events in one tick: memory bounded, the ledger balances, nothing is lost', async () => {
  const session = await openSession(gateway, options())
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
  const session = await openSession(gateway, options())
  core.reachable = false
  for (let index = 0; index < 120; index++) session.record(event)
  await expect.poll(() => core.seen.some(({ url }) => url === '/signals/events/batch')).toBe(true)
  expect(session.ledger()).toMatchObject({ recorded: 120, accepted: 0, pending: 120 })
  core.reachable = true
  await session.flush()
  expect(session.ledger()).toMatchObject({ accepted: 120, pending: 0, dropped: {} })
  await session.end()
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
  const session = await openSession(gateway, options({ external_session_key: 'crash', spool: fileSpool(spoolDir) }))
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
