import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { idsIn } from '../../server/tests/support/event-core.ts'
import { type ScriptedCore, startScriptedCore } from '../../server/tests/support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../../server/tests/support/test-gateway.ts'
import { createGatewayClient, openSession } from '../src/index.ts'
import { fileSpool } from '../src/node.ts'
import { recordingCore } from './recording-core.ts'

const SCRIPT = fileURLToPath(new URL('./undelivered-process.ts', import.meta.url))

let folder: string
let core: ScriptedCore
let gateway: TestGateway
let children: ChildProcess[]

beforeEach(async () => {
  children = []
  folder = await mkdtemp(join(tmpdir(), 'achilles-exit-'))
  core = await startScriptedCore()
  core.answer(recordingCore())
  gateway = await startTestGateway(core)
})

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await gateway.close()
  await core.close()
  await rm(folder, { recursive: true, force: true })
})

/** A program that has opened its session; `go` lets it record, and resolves with how it ended. */
async function startProgram(spool: string, ...more: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, gateway.url, spool, '20', ...more], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const exited = new Promise<number | string | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal))
  })
  await expect.poll(() => output).toContain('open')
  return {
    output: () => output,
    go() {
      child.stdin.end()
      return exited
    },
  }
}

const delivered = () =>
  core.seen.filter(({ url }) => url === '/signals/events/batch').flatMap(({ text }) => idsIn(text))

test('with a durable spool a program ends while the gateway is away, and the next run delivers', async () => {
  const spool = join(folder, 'spool')
  const program = await startProgram(spool)
  await gateway.close()
  expect(await program.go()).toBe(0)
  expect(program.output()).toContain('recorded')
  gateway = await startTestGateway(core)
  const session = openSession(createGatewayClient({ url: gateway.url }), {
    client_name: 'test',
    client_version: '1.0.0',
    workspace_id: 'ws',
    user_id: 'ada',
    external_session_key: 'undelivered',
    spool: fileSpool(spool),
  })
  await session.flush()
  expect(session.ledger()).toMatchObject({ recovered: 20, accepted: 20, pending: 0 })
  await session.end()
})

test('a flush that somebody waits for keeps the program alive until it is over', async () => {
  const program = await startProgram(join(folder, 'spool'), 'flush')
  await gateway.close()
  expect(await program.go()).toBe(0)
  expect(program.output()).toContain('gave up')
  gateway = await startTestGateway(core)
})

test('without a durable spool a program lives until its events are delivered', async () => {
  const program = await startProgram('memory')
  expect(await program.go()).toBe(0)
  expect(delivered()).toHaveLength(20)
})
