import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGatewayClient } from '@achilles/mcp-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { endOf, type GatewayProcess, spawnGateway, startGatewayProcess } from '../support/gateway-process.ts'

const event = { event_type: 'file_edited', source_type: 'ide', timestamp: '2026-03-02T09:04:11Z' } as const

let dataDir: string
let running: GatewayProcess | undefined

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'achilles-'))
  await seedDataDir(dataDir)
})

afterAll(async () => {
  running?.process.kill('SIGKILL')
  await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})

async function start(): Promise<GatewayProcess> {
  running = await startGatewayProcess({ ACHILLES_DATA_DIR: dataDir })
  return running
}

test('a whole session with a kill -9 in the middle loses no acknowledged write', async () => {
  const morning = await start()
  const gateway = createGatewayClient({ url: morning.url })
  const { preferred_batch_size } = await gateway.handshake.mutate({
    client_name: 't',
    client_version: '1',
    workspace_id: 'w',
  })
  expect(preferred_batch_size).toBeGreaterThan(0)
  const workspace = { workspace_id: 'w', workspace_root: '/home/ada/checkout', create_if_missing: true }
  const project = await gateway.projects.resolve.mutate(workspace)
  expect(project.created).toBe(true)
  const opening = {
    external_session_key: 'k',
    user_id: 'ada',
    workspace_id: 'w',
    start_time: '2026-03-02T09:00:00+01:00',
  }
  const session = await gateway.sessions.create.mutate(opening)
  const { session_id } = session
  const errors = Array.from({ length: 6 }, (_, index) => ({
    ...event,
    event_type: 'error' as const,
    event_id: `e-${index}`,
    session_id,
  }))
  expect(await gateway.signals.ingestBatch.mutate({ events: errors })).toMatchObject({ failed: [] })
  expect(
    await gateway.signals.ingest.mutate({
      ...event,
      event_id: 'one',
      session_id,
      payload: { n: 12345678901234567890n },
    }),
  ).toEqual({
    results: [{ event_id: 'one', status: 'accepted' }],
    failed: [],
  })
  morning.process.kill('SIGKILL')
  await morning.ended

  const noon = await start()
  const again = createGatewayClient({ url: noon.url })
  expect(await again.projects.resolve.mutate(workspace)).toMatchObject({
    project_id: project.project_id,
    created: false,
  })
  expect(await again.sessions.create.mutate(opening)).toEqual(session)
  expect(await again.sessions.resolve.query({ external_session_key: 'k' })).toEqual({ found: true, session })
  const resent = await again.signals.ingestBatch.mutate({
    events: [...errors, { ...event, event_id: 'two', session_id: 'unknown' }],
  })
  expect(resent.results.map(({ status }) => status)).toEqual(Array(6).fill('duplicate'))
  expect(resent.failed).toMatchObject([{ event_id: 'two', code: 'UNKNOWN_SESSION' }])

  const insights = await again.signals.insights.query({ session_id })
  expect(insights).toMatchObject([{ session_id, category: 'reliability' }])
  const snapshot = await again.state.snapshot.mutate({
    session_id,
    snapshot_type: 'workspace_state',
    payload: { branch: 'main' },
  })
  expect(snapshot).toMatchObject({ session_id, snapshot_type: 'workspace_state' })
  const performance = {
    session_id,
    agent_id: 'a',
    window_start: event.timestamp,
    window_end: event.timestamp,
    tasks_completed: 1,
    tasks_failed: 0,
  }
  expect(await again.agents.recordPerformance.mutate(performance)).toMatchObject({ session_id, agent_id: 'a' })
  const question = { session_id, error_event_id: 'e-0', candidate_event_ids: ['one', 'e-1'] }
  expect((await again.errors.correlate.mutate(question)).correlations).toHaveLength(2)
  const closing = await again.sessions.update.mutate({
    session_id,
    status: 'completed',
    end_time: new Date('2026-03-02T17:30:00Z'),
  })
  expect(closing).toMatchObject({
    status: 'completed',
    start_time: '2026-03-02T09:00:00+01:00',
    end_time: '2026-03-02T17:30:00.000Z',
  })
  expect(await again.coreHealth.query()).toMatchObject({ status: 'ok' })

  noon.process.kill('SIGTERM')
  expect(await noon.ended).toBe(0)
})

test('a repeated write with the same Idempotency-Key gets the same response', async () => {
  const { url, process: child, ended } = await start()
  const post = async (path: string, body: unknown) => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'once' }
    return (
      await fetch(`${url}/api/achilles/v1/mcp${path}`, { method: 'POST', body: JSON.stringify(body), headers })
    ).text()
  }
  const opening = { external_session_key: 'k2', user_id: 'ada', workspace_id: 'w', start_time: event.timestamp }
  const { session_id } = JSON.parse(await post('/sessions', opening))
  const snapshot = { session_id, snapshot_type: 'custom', payload: {} }
  const first = await post('/state/session', snapshot)
  expect(JSON.parse(first)).toHaveProperty('snapshot_id')
  expect(await post('/state/session', snapshot)).toBe(first)
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

/** Waits until a gateway that cannot start exits; returns its output. */
async function failure(settings: Record<string, string>): Promise<string> {
  const child = spawnGateway(settings, { cwd: dataDir })
  let stderr = ''
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  expect(await endOf(child)).toBe(1)
  return stderr
}

test.each([
  [{ PORT: 'x', HTTP_MAX_RETRIES: '99' }, /^PORT: .+\nHTTP_MAX_RETRIES: .+\n$/],
  [{ ACHILLES_BASE_URL: 'http://127.0.0.1:1' }, /^ACHILLES_API_KEY: .+\n$/],
  [
    { ACHILLES_BASE_URL: 'http://127.0.0.1:1', ACHILLES_API_KEY: 'k', HOST: '203.0.113.1', GATEWAY_AUTH: 'none' },
    /^HOST or PORT: .+\n$/,
  ],
])('bad settings %o stop the start with one line each', async (environment, lines) => {
  expect(await failure(environment)).toMatch(lines)
})

test('settings are also read from .env; the environment takes precedence', async () => {
  await writeFile(join(dataDir, '.env'), 'HTTP_MAX_RETRIES=from-file\nLOG_LEVEL=from-file\n')
  expect(await failure({ LOG_LEVEL: 'info' })).toMatch(/^HTTP_MAX_RETRIES: .+\n$/)
  await rm(join(dataDir, '.env'))
})

test.each([
  ['the rate in memory', {}],
  ['the rate in Redis', { REDIS_URL: 'redis://127.0.0.1:1' }],
])('with %s, a port in use is reported in one line', async (_what, settings) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const environment = {
    PORT: String(port),
    ACHILLES_BASE_URL: 'http://127.0.0.1:1',
    ACHILLES_API_KEY: 'k',
    ...settings,
  }
  expect(await failure(environment)).toContain(`PORT: ${port} on 127.0.0.1 is already in use\n`)
  taken.close()
})
