import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, describe, expect, onTestFinished } from 'vitest'
import { canMount, fillUp, tmpfs } from '../../client/src/spool/file-spool/testing/tmpfs.ts'
import { type InterruptibleCore, startInterruptibleCore } from '../../client/tests/interruptible-core.ts'
import { startTestGateway, type TestGateway } from '../../server/tests/support/test-gateway.ts'
import { getStatus } from '../src/commands/get-status.ts'
import { runSender, type SenderOptions } from '../src/sender/run-sender.ts'
import type { Connection } from '../src/state/connections.ts'
import { type Folders, toConnectionsFile, toInbox, toInboxFull, toLockFile } from '../src/state/folders.ts'
import { listInbox, putIntoInbox } from '../src/state/inbox.ts'
import { readLock } from '../src/state/sender-lock.ts'

interface World {
  folder: string
  folders: Folders
  core: InterruptibleCore
  gateway: TestGateway
}

const test = base.extend<World>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the dependencies of a fixture from a pattern.
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'achilles-sender-'))
    await use(folder)
    await rm(folder, { recursive: true, force: true })
  },
  folders: async ({ folder }, use) => {
    const folders = { config: join(folder, 'config'), state: join(folder, 'state') }
    for (const path of Object.values(folders)) mkdirSync(path)
    await use(folders)
  },
  core: async ({ folder }, use) => {
    const core = await startInterruptibleCore(join(folder, 'core'))
    await use(core)
    await core.stop()
  },
  gateway: async ({ core, folders }, use) => {
    const gateway = await startTestGateway(core, { upstream: { maxRetries: 0 } })
    connectTo(folders, { gateway: gateway.url })
    await use(gateway)
    await gateway.close()
  },
})

function connectTo(folders: Folders, connection: Connection): void {
  const connections = { agent: { workspace: 'ws', user: 'ada', ...connection } }
  writeFileSync(toConnectionsFile(folders), JSON.stringify({ connections }))
}

function put(
  folders: Folders,
  id: string,
  more: { content?: Record<string, string>; session?: string; hoursAgo?: number } = {},
) {
  const { content, session = 'one', hoursAgo = 0 } = more
  const receivedAt = new Date(Date.now() - hoursAgo * 3_600_000).toISOString()
  const event = { event_id: id, event_type: 'agent_prompt', source_type: 'agent', timestamp: receivedAt } as const
  const report = { session: { key: `agent:${session}` }, events: [{ ...event, ...(content && { content }) }] }
  putIntoInbox(folders, { source: 'agent', receivedAt, cwd: '/', report })
}

const run = (folders: Folders, timings: SenderOptions['timings'] = {}, signal = new AbortController().signal) =>
  runSender({ folders, env: {}, log: () => {}, signal, timings: { pollMs: 10, idleMs: 0, quietMs: 0, ...timings } })

const readSpools = ({ state }: Folders): string =>
  readdirSync(join(state, 'sessions'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => readFileSync(join(state, 'sessions', name), 'utf8'))
    .join('')

test('a sender gives up for now while the gateway is away, and a later one sends', async ({
  folders,
  core,
  gateway,
}) => {
  core.reachable = false
  for (const id of ['e1', 'e2']) put(folders, id)
  await run(folders, { awayMs: 300 })
  expect(readLock(toLockFile(folders))).toBeUndefined()
  expect(listInbox(folders)).toEqual([])
  expect(getStatus(folders)).toMatchObject({
    sessions: [{ status: 'active', lastError: { message: expect.anything() } }],
  })
  core.reachable = true
  await run(folders)
  expect(getStatus(folders)).toMatchObject({ pending: 0, sessions: [{ counts: { accepted: 2, duplicate: 0 } }] })
  expect(gateway.log).toBeDefined()
  expect((await core.storedEventIds()).sort()).toEqual(['e1', 'e2'])
})

test('a session of which nothing is heard is set to abandoned, and goes on later', async ({ folders, gateway }) => {
  const find = async () => {
    const { value } = await gateway.rest('POST', '/sessions/resolve', { external_session_key: 'agent:one' })
    return (value as { session: { status: string; end_time: string | null } }).session
  }
  put(folders, 'e1', { hoursAgo: 30 })
  await run(folders, { abandonMs: 40 * 3_600_000 })
  expect(await find()).toMatchObject({ status: 'active' })
  await run(folders)
  expect(await find()).toMatchObject({ status: 'abandoned', end_time: expect.any(String) })
  expect(getStatus(folders).sessions).toMatchObject([{ status: 'abandoned' }])
  put(folders, 'e2')
  await run(folders)
  expect(getStatus(folders).sessions).toMatchObject([{ status: 'active', counts: { accepted: 2, failed: 0 } }])
})

test('the files of a session that ended long ago are deleted', async ({ folders, gateway }) => {
  expect(gateway.url).toContain('http')
  put(folders, 'e1', { hoursAgo: 30 })
  await run(folders)
  await run(folders)
  expect(getStatus(folders).sessions).toHaveLength(1)
  await run(folders, { forgetMs: 3_600_000 })
  expect(getStatus(folders).sessions).toHaveLength(0)
})

test('content is recorded without its secrets', async ({ folders }) => {
  connectTo(folders, { gateway: 'http://127.0.0.1:9', content: true })
  put(folders, 'e1', { content: { prompt: 'the words, and API_KEY=Zx8Qm2Lr9Tb4Vn7Kc3Wd' } })
  await run(folders, { awayMs: 300 })
  const spooled = readSpools(folders)
  expect(spooled).toContain('the words, and API_KEY=[redacted:assignment]')
  expect(spooled).not.toContain('Zx8Qm2Lr9Tb4Vn7Kc3Wd')
})

test('content that is in the inbox is left out once it is turned off', async ({ folders }) => {
  put(folders, 'e1', { content: { prompt: 'the words' } })
  connectTo(folders, { gateway: 'http://127.0.0.1:9' })
  await run(folders, { awayMs: 300 })
  expect(readSpools(folders)).toContain('"e1"')
  expect(readSpools(folders)).not.toContain('the words')
})

test('the key is read from its file', async ({ folders }) => {
  const keys: (string | undefined)[] = []
  const server = createServer((request, response) => {
    keys.push(request.headers.authorization)
    response.writeHead(401).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const keyFile = join(folders.config, 'key')
  writeFileSync(keyFile, 'a-key\n')
  connectTo(folders, { gateway: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keyFile })
  put(folders, 'e1')
  await run(folders, { awayMs: 500 })
  expect(keys[0]).toBe('Bearer a-key')
  expect(getStatus(folders)).toMatchObject({ sessions: [{ counts: { accepted: 0 } }] })
  expect(getStatus(folders).pending).toBeGreaterThan(0)
})

test('a connection that is not valid holds up its own source only', async ({ folders, gateway, core }) => {
  writeFileSync(
    toConnectionsFile(folders),
    JSON.stringify({
      connections: { agent: { gateway: 'no url' }, cli: { gateway: gateway.url, workspace: 'ws', user: 'ada' } },
    }),
  )
  put(folders, 'e1')
  const timestamp = new Date().toISOString()
  const event = { event_id: 'e2', event_type: 'custom', source_type: 'cli', timestamp } as const
  putIntoInbox(folders, {
    source: 'cli',
    receivedAt: timestamp,
    cwd: '/',
    report: { session: { key: 'cli:1' }, events: [event] },
  })
  await run(folders, { awayMs: 1_500 })
  expect(listInbox(folders)).toHaveLength(1)
  expect(await core.storedEventIds()).toEqual(['e2'])
})

test('an entry that is damaged, or is no event, leaves the others alone', async ({ folders, gateway, core }) => {
  expect(gateway.url).toContain('http')
  put(folders, 'e1')
  writeFileSync(join(toInbox(folders), '00000000000001-0000-1.json'), 'garbage')
  const report = { session: { key: 'agent:one' }, events: [{ event_id: 'e3', event_type: 'nonsense' }] }
  writeFileSync(
    join(toInbox(folders), '00000000000002-0000-1.json'),
    JSON.stringify({ source: 'agent', receivedAt: new Date().toISOString(), cwd: '/', report }),
  )
  await run(folders)
  expect(listInbox(folders)).toEqual([])
  expect(await core.storedEventIds()).toEqual(['e1'])
})

test('hooks that come while the sender ends are not left behind', async ({ folders, gateway, core }) => {
  expect(gateway.url).toContain('http')
  const senders: Promise<void>[] = []
  const ids = Array.from({ length: 60 }, (_, index) => `e${index}`)
  for (const id of ids) {
    // What a hook does: it writes, and starts a sender only if it sees none.
    put(folders, id)
    if (!readLock(toLockFile(folders))) senders.push(run(folders))
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 40))
  }
  await Promise.all(senders)
  expect(listInbox(folders)).toEqual([])
  expect((await core.storedEventIds()).sort()).toEqual(ids.toSorted())
})

describe.skipIf(!canMount)('on a full disk', () => {
  test('reports are sent from memory, and removed once Core has them', async ({ folder, core, gateway }) => {
    const disk = tmpfs('256k')
    const folders = { config: join(folder, 'config'), state: disk }
    mkdirSync(folders.config, { recursive: true })
    connectTo(folders, { gateway: gateway.url })
    const ids = Array.from({ length: 10 }, (_, index) => `e${index}`)
    for (const id of ids) put(folders, id)
    // A page is left for the lock, without which there is no sender.
    fillUp(disk, 4096)
    await run(folders, { awayMs: 3_000 })
    expect(listInbox(folders)).toEqual([])
    expect((await core.storedEventIds()).sort()).toEqual(ids.toSorted())
  })
})

test('hooks stop while the inbox is at its limit', ({ folders }) => {
  writeFileSync(toInboxFull(folders), '')
  expect(() => put(folders, 'e1')).toThrow('the inbox is full')
})
