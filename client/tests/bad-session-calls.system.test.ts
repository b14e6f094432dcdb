import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../server/tests/support/test-gateway.ts'
import { createGatewayClient, openSession, type Session } from '../src/index.ts'
import { type InterruptibleCore, startInterruptibleCore } from './interruptible-core.ts'

let folder: string
let core: InterruptibleCore
let server: TestGateway
let session: Session

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'achilles-bad-calls-'))
  core = await startInterruptibleCore(join(folder, 'core'))
  server = await startTestGateway(core)
  session = openSession(createGatewayClient({ url: server.url }), {
    client_name: 'test',
    client_version: '1.0.0',
    workspace_id: 'ws',
    user_id: 'ada',
    external_session_key: 'bad-calls',
  })
})

afterAll(async () => {
  await session?.close()
  await server?.close()
  await core?.stop()
  await rm(folder, { recursive: true, force: true })
})

const options = (value: object) => value as never

test.each<[string, () => Promise<unknown>, string]>([
  ['flush', () => session.flush(options({ singal: 1 })), 'options.singal'],
  ['flush', () => session.flush(options({ signal: 'now' })), 'options.signal'],
  [
    'snapshot',
    async () => session.snapshot('custom', {}, options({ capturedAt: '2026-03-02T09:00:00Z' })),
    'options.capturedAt',
  ],
  ['snapshot', async () => session.snapshot('custom', options({ a: [Number.NaN] })), 'payload.a[0]'],
  ['insights', () => session.insights({}, options({ limit: 5 })), 'options.limit'],
  ['insights', () => session.insights(options({ session_id: 'other' })), 'session_id'],
  ['end', () => session.end('completed', options({ deadline: 1 })), 'options.deadline'],
  ['end', () => session.end('completed', options({ deadlineMs: '1' })), 'options.deadlineMs'],
  ['close', () => session.close(options({ status: 'failed' })), 'options.status'],
  [
    'record',
    async () => session.record(options({ event_type: 'custom', source_type: 'ci', session_id: 's' })),
    'session_id',
  ],
  [
    'record',
    async () => session.record(options({ event_type: 'custom', source_type: 'ci', event_id: null })),
    'event_id',
  ],
])('%s refuses what it would not use, and the session goes on', async (_method, call, path) => {
  const error = await call().catch((error: unknown) => error)
  expect(error).toMatchObject({ data: { code: 'BAD_REQUEST', issues: [{ path }] } })
  session.record({ event_type: 'custom', source_type: 'ci' })
  await session.flush()
  expect(session.ledger()).toMatchObject({ failed: 0, pending: 0 })
})
