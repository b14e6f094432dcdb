import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../server/tests/support/test-gateway.ts'
import { createGatewayClient, type Fetch, openSession } from '../src/index.ts'
import { fileSpool } from '../src/node.ts'
import { type InterruptibleCore, startInterruptibleCore } from './interruptible-core.ts'

let folder: string
let core: InterruptibleCore
let server: TestGateway

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'achilles-callbacks-'))
  core = await startInterruptibleCore(join(folder, 'core'))
  server = await startTestGateway(core, { upstream: { maxRetries: 0 } })
})

afterAll(async () => {
  await server?.close()
  await core?.stop()
  await rm(folder, { recursive: true, force: true })
})

const thrown = () => {
  throw new Error('a fault of theirs')
}
const rejected = async () => thrown()

// Vitest fails a run in which a rejection is left unhandled.
test.each([
  ['throw', thrown],
  ['reject', rejected],
])('while every callback %s, each event reaches Core and the session ends', async (how, fault) => {
  const dir = join(folder, how)
  const left = fileSpool(dir)
  const event = { event_id: 'left', event_type: 'custom', source_type: 'ci', timestamp: new Date() }
  const json = JSON.stringify({ ...event, session_id: 'no-such-session' })
  await left.append([{ session: 'no-such-session', id: 'left', kind: 'event', json }])
  await left.close()

  const called = new Set<string>()
  const failing = (name: string) => () => {
    called.add(name)
    return fault()
  }
  let batches = 0
  const flakyFetch: Fetch = (url, init) => {
    if (!url.includes('signals.ingestBatch') || ++batches > 1) return fetch(url, init)
    called.add('fetch')
    // One that is not asynchronous may throw at once.
    return fault() as never
  }
  let keys = 0
  const session = openSession(
    createGatewayClient({
      url: server.url,
      retries: 0,
      fetch: flakyFetch,
      apiKey: () => {
        // Asked for each request: the handshake, the session, then batches.
        if (++keys !== 4) return undefined
        called.add('apiKey')
        return fault() as unknown as undefined
      },
    }),
    {
      client_name: 'test',
      client_version: '1.0.0',
      workspace_id: 'ws',
      user_id: 'ada',
      external_session_key: dir,
      spool: fileSpool(dir, { onDamage: fault }),
      maxPending: 5,
      onError: failing('onError'),
      onFailed: failing('onFailed'),
      onDropped: failing('onDropped'),
      onStateChange: failing('onStateChange'),
    },
  )
  await session.flush()
  for (let count = 0; count < 8; count++) session.record({ event_type: 'file_saved', source_type: 'ide' })
  await session.flush()
  expect(session.ledger()).toMatchObject({
    recorded: 9,
    recovered: 1,
    accepted: 5,
    duplicate: 0,
    failed: 1,
    dropped: { overflow: 3 },
    pending: 0,
  })
  expect(await session.end()).toMatchObject({ status: 'completed' })
  expect([...called].sort()).toEqual(['apiKey', 'fetch', 'onDropped', 'onError', 'onFailed', 'onStateChange'])
})
