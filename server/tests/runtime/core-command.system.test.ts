import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createGatewayClient } from '@achilles/mcp-client'
import { afterAll, afterEach, expect, onTestFinished, test } from 'vitest'
import { coreCaller, newEvent, newSession } from '../../../embedded-core/src/testing/requests.ts'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { temporaryFolder } from '../../../embedded-core/src/testing/temporary-folder.ts'
import { spawnCore, startCoreProcess } from '../support/core-process.ts'
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts'
import { endOf, type ServiceProcess } from '../support/service-process.ts'

const apiKey = 'the-key'
const folder = await temporaryFolder()
const dataDir = join(folder.path, 'data')
await seedDataDir(dataDir)
const started: ChildProcess[] = []

afterEach(async () => {
  for (const child of started) child.kill('SIGKILL')
  await Promise.all(started.splice(0).map(endOf))
})
afterAll(() => folder.remove())

async function startCore(): Promise<ServiceProcess> {
  const core = await startCoreProcess({ ACHILLES_API_KEY: apiKey, ACHILLES_DATA_DIR: dataDir })
  started.push(core.process)
  return core
}

async function startGateway(core: ServiceProcess): Promise<GatewayProcess> {
  const gateway = await startGatewayProcess({ ACHILLES_BASE_URL: core.url, ACHILLES_API_KEY: apiKey })
  started.push(gateway.process)
  return gateway
}

test('gateways share it: data written through one can be read through the other', async () => {
  const core = await startCore()
  const [one, other] = await Promise.all([startGateway(core), startGateway(core)])
  const session = await createGatewayClient({ url: one.url }).sessions.create.mutate(newSession())
  const { external_session_key, session_id } = session
  const gateway = createGatewayClient({ url: other.url })
  expect(await gateway.sessions.resolve.query({ external_session_key })).toEqual({ found: true, session })
  const event = newEvent(session_id)
  expect(await gateway.signals.ingest.mutate(event)).toMatchObject({ results: [{ status: 'accepted' }] })
  const again = await createGatewayClient({ url: one.url }).signals.ingest.mutate(event)
  expect(again).toMatchObject({ results: [{ status: 'duplicate' }] })
})

test('it listens on loopback and rejects requests without its key', async () => {
  const core = await startCore()
  expect(core.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(await coreCaller({ url: core.url, apiKey })('GET', '/mcp/health')).toMatchObject({ status: 200 })
  expect(await coreCaller({ url: core.url, apiKey: 'another' })('GET', '/mcp/health')).toMatchObject({ status: 401 })
  expect((await fetch(`${core.url}/mcp/health`)).status).toBe(401)
})

test('a kill -9 loses no acknowledged write', async () => {
  const before = await startCore()
  const call = coreCaller({ url: before.url, apiKey })
  const session = (await call('POST', '/mcp/sessions', newSession())).body
  const events = Array.from({ length: 100 }, () => newEvent(session.session_id))
  expect(await call('POST', '/signals/events/batch', { events })).toMatchObject({ status: 200 })
  before.process.kill('SIGKILL')
  await before.ended

  const again = coreCaller({ url: (await startCore()).url, apiKey })
  const { external_session_key } = session
  expect((await again('POST', '/mcp/sessions/resolve', { external_session_key })).body.session).toEqual(session)
  const { body } = await again('POST', '/signals/events/batch', { events })
  expect(body).toEqual({ results: events.map(({ event_id }) => ({ event_id, status: 'duplicate' })), failed: [] })
})

/** A request that Core has started to read and whose body is incomplete. */
async function halfSent(url: string, body: string) {
  const upload = request(`${url}/mcp/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', expect: '100-continue' },
  })
  upload.flushHeaders()
  // Node sends 100 Continue when it starts to handle the request.
  await once(upload, 'continue')
  upload.write(body.slice(0, 10))
  return upload
}

const answers = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  )

test.each(['SIGTERM', 'SIGINT'] as const)('%s: in-flight requests get a response, then exit 0', async (signal) => {
  const core = await startCore()
  const body = JSON.stringify(newSession())
  const upload = await halfSent(core.url, body)
  core.process.kill(signal)
  await expect.poll(() => answers(core.url)).toBe(false)
  upload.end(body.slice(10))
  const [answer] = await once(upload, 'response')
  expect(answer).toMatchObject({ statusCode: 200, headers: { connection: 'close' } })
  expect(JSON.parse(await text(answer))).toMatchObject({ status: 'active' })
  expect(await core.ended).toBe(0)
})

test('a second signal ends it at once', async () => {
  const core = await startCore()
  const upload = await halfSent(core.url, 'never to be whole')
  const cut = once(upload, 'error')
  core.process.kill('SIGTERM')
  await expect.poll(() => answers(core.url)).toBe(false)
  core.process.kill('SIGTERM')
  await cut
  expect(await core.ended).toBe(1)
})

/** Waits until a Core that cannot start exits; returns its output. */
async function failure(settings: Record<string, string>, cwd = folder.path): Promise<string> {
  const child = spawnCore(settings, { cwd })
  started.push(child)
  if (!child.stderr) throw new Error('the process has no standard error')
  const [stderr, exitCode] = await Promise.all([text(child.stderr), endOf(child)])
  expect(exitCode).toBe(1)
  return stderr
}

test.each([
  [{}, /^ACHILLES_API_KEY: is required.+\n$/],
  [{ ACHILLES_API_KEY: 'two words', CORE_PORT: '65536' }, /^CORE_PORT: .+\nACHILLES_API_KEY: .+\n$/],
  [{ ACHILLES_API_KEY: 'k', EMBEDDED_CORE_DATABASE_URL: 'mysql://127.0.0.1' }, /^EMBEDDED_CORE_DATABASE_URL: .+\n$/],
  [{ ACHILLES_API_KEY: 'k', LOG_LEVEL: 'loud' }, /^LOG_LEVEL: .+\n$/],
  [{ ACHILLES_API_KEY: 'k', CORE_HOST: '203.0.113.1' }, /^CORE_HOST or CORE_PORT: .+\n$/],
])('bad settings %o stop the start with one line each', async (settings, lines) => {
  expect(await failure(settings)).toMatch(lines)
})

test('settings are also read from .env; the environment takes precedence', async () => {
  const { path, remove } = await temporaryFolder()
  onTestFinished(remove)
  await writeFile(join(path, '.env'), 'ACHILLES_API_KEY=from file\nCORE_PORT=from-file\n')
  expect(await failure({ CORE_PORT: '0' }, path)).toMatch(/^ACHILLES_API_KEY: .+\n$/)
})

test('a port in use is reported in one line, and the data directory is released', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const settings = { ACHILLES_API_KEY: apiKey, ACHILLES_DATA_DIR: dataDir, CORE_PORT: String(port) }
  expect(await failure(settings)).toBe(`CORE_PORT: ${port} on 127.0.0.1 is already in use\n`)
  taken.close()
  await startCore()
})

test('a signal ends it at once while it waits for a PostgreSQL that does not respond', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  onTestFinished(() => void silent.close())
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const connected = once(silent, 'connection')
  const databaseUrl = `postgres://ada@127.0.0.1:${port}/core`
  const child = spawnCore({ ACHILLES_API_KEY: apiKey, EMBEDDED_CORE_DATABASE_URL: databaseUrl }, { cwd: folder.path })
  started.push(child)
  await connected
  child.kill('SIGTERM')
  expect(await endOf(child)).toBe(0)
})

test('it keeps serving when its log is no longer read, and stops gracefully', async () => {
  const core = await startCore()
  core.process.stdout?.destroy()
  core.process.stderr?.destroy()
  const call = coreCaller({ url: core.url, apiKey })
  expect(await call('POST', '/mcp/sessions', newSession())).toMatchObject({ status: 200 })
  core.process.kill('SIGTERM')
  expect(await core.ended).toBe(0)
})
