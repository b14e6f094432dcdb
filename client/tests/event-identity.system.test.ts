import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../server/tests/support/test-gateway.ts'
import { createGatewayClient, openSession } from '../src/index.ts'
import { fileSpool } from '../src/node.ts'
import { type InterruptibleCore, startInterruptibleCore } from './interruptible-core.ts'

const SCRIPT = fileURLToPath(new URL('./undelivered-process.ts', import.meta.url))
const EVENTS = 20

let folder: string
let core: InterruptibleCore
let server: TestGateway

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'achilles-identity-'))
  core = await startInterruptibleCore(join(folder, 'core'))
  server = await startTestGateway(core, { upstream: { maxRetries: 0 } })
})

afterAll(async () => {
  await server.close()
  await core.stop()
  await rm(folder, { recursive: true, force: true })
})

test('events of a killed process and of the next one’s session are all stored, although their ids are the same', async () => {
  const spool = join(folder, 'spool')
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, server.url, spool, String(EVENTS), 'flush'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  await expect.poll(() => output).toContain('open')
  core.reachable = false
  child.stdin.end()
  await expect.poll(() => output).toContain('recorded')
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited

  core.reachable = true
  await expect.poll(() => server.health.ready).toBe(true)
  const session = openSession(createGatewayClient({ url: server.url }), {
    client_name: 'test',
    client_version: '1.0.0',
    workspace_id: 'ws',
    user_id: 'ada',
    external_session_key: 'next',
    spool: fileSpool(spool),
    // Nothing is sent before all is recorded.
    flushIntervalMs: 3_600_000,
  })
  for (let index = 0; index < EVENTS; index++) {
    session.record({ event_type: 'custom', source_type: 'ci', event_id: `e${index}` })
  }
  await session.flush()
  expect(session.ledger()).toMatchObject({
    recorded: 2 * EVENTS,
    recovered: EVENTS,
    accepted: 2 * EVENTS,
    duplicate: 0,
    failed: 0,
    pending: 0,
  })
  await session.end()
  expect(await readdir(spool)).toEqual([])
  expect(await core.storedEventIds()).toHaveLength(2 * EVENTS)
})
