import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { connectToHolder } from '../../../embedded-core/src/data-dir-lock.ts'
import { startEmbeddedCore } from '../../../embedded-core/src/embedded-core.ts'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { temporaryFolder } from '../../../embedded-core/src/testing/temporary-folder.ts'
import { spawnCore } from '../support/core-process.ts'
import { spawnGateway, startGatewayProcess } from '../support/gateway-process.ts'
import { type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { endOf } from '../support/service-process.ts'
import { toolCall } from '../support/tool-calls.ts'

const INITIALIZE =
  '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}'
const SIGNALS = ['SIGTERM', 'SIGINT'] as const
/** Long enough that only a second signal can end the process in time. */
const GRACE = { SHUTDOWN_GRACE_SECONDS: '3600', HTTP_TIMEOUT_SECONDS: '3600', HTTP_DEADLINE_SECONDS: '3600' }

const folder = await temporaryFolder()
const started: ChildProcess[] = []
let core: ScriptedCore
let silent: Server
let silentDatabase: string

beforeAll(async () => {
  core = await startScriptedCore()
  core.answer(() => {})
  // Accepts every connection and never responds.
  silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  silentDatabase = `postgres://ada@127.0.0.1:${(silent.address() as AddressInfo).port}/core`
})
afterEach(async () => {
  for (const child of started) child.kill('SIGKILL')
  await Promise.all(started.splice(0).map(endOf))
})
afterAll(async () => {
  silent.close()
  await core.close()
  await folder.remove()
})

const settings = () => ({ ACHILLES_BASE_URL: core.url, ACHILLES_API_KEY: 'k', ...GRACE })
const seen = () => core.seen.length

function spawned(child: ChildProcess): ChildProcess {
  started.push(child)
  return child
}

/** Repeats the first signal until its effect is visible, then sends the second one. */
async function signalTwice(child: ChildProcess, signal: NodeJS.Signals, isStopping: () => boolean): Promise<void> {
  child.kill(signal)
  await expect.poll(isStopping).toBe(true)
  child.kill(signal)
}

test.each(SIGNALS)('over HTTP a second %s ends it, even with in-flight requests', async (signal) => {
  const gateway = await startGatewayProcess(settings())
  spawned(gateway.process)
  const before = seen()
  const call = fetch(`${gateway.url}/api/achilles/v1/mcp/health/core`).catch(() => 'cut')
  await expect.poll(seen).toBeGreaterThan(before)
  await signalTwice(gateway.process, signal, () => gateway.lines.some((line) => line.includes('Stopping')))
  expect(await gateway.ended).toBe(1)
  expect(await call).toBe('cut')
})

test.each(SIGNALS)('over stdio a second %s ends it, even with in-flight requests', async (signal) => {
  const child = spawned(spawnGateway(settings(), { args: ['--stdio'], stdin: 'pipe' }))
  let log = ''
  child.stderr?.on('data', (chunk) => (log += chunk))
  child.stdout?.resume()
  const before = seen()
  child.stdin?.write(`${INITIALIZE}\n${toolCall('sessions.resolve', '{"external_session_key":"k"}')}\n`)
  await expect.poll(seen).toBeGreaterThan(before)
  await signalTwice(child, signal, () => log.includes('Stopping'))
  expect(await endOf(child)).toBe(1)
})

test.each([
  ['a gateway', () => spawnGateway({ EMBEDDED_CORE_DATABASE_URL: silentDatabase })],
  ['an embedded Core', () => spawnCore({ ACHILLES_API_KEY: 'k', EMBEDDED_CORE_DATABASE_URL: silentDatabase })],
])('%s that is still starting ends at the first signal', async (_what, spawn) => {
  const connected = once(silent, 'connection')
  const child = spawned(spawn())
  child.stdout?.resume()
  child.stderr?.resume()
  await connected
  child.kill('SIGTERM')
  expect(await endOf(child)).toBe(0)
})

test('an embedded Core that hangs ends with its gateway', async () => {
  const dataDir = join(folder.path, 'hung')
  await seedDataDir(dataDir)
  const gateway = await startGatewayProcess({ ACHILLES_DATA_DIR: dataDir })
  spawned(gateway.process)
  const connection = await connectToHolder(dataDir)
  const { pid } = (await connection?.readHolder()) ?? {}
  process.kill(Number(pid), 'SIGSTOP')
  gateway.process.kill('SIGTERM')
  expect(await gateway.ended).toBe(0)
  await expect.poll(() => isRunning(Number(pid))).toBe(false)
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('an embedded Core that does not report ready is killed', async () => {
  const starting = startEmbeddedCore({
    dataDir: join(folder.path, 'silent'),
    databaseUrl: silentDatabase,
    log: () => {},
    execArgv: ['--import', 'tsx'],
    startTimeoutMs: 300,
  })
  await expect(starting).rejects.toThrow('the embedded Core did not start: it was not ready within 0.3 s')
})
