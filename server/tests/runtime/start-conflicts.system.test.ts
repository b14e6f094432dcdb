import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { connectToHolder } from '../../../embedded-core/src/data-dir-lock.ts'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { temporaryFolder } from '../../../embedded-core/src/testing/temporary-folder.ts'
import { spawnCore, startCoreProcess } from '../support/core-process.ts'
import { freePort } from '../support/free-port.ts'
import { spawnGateway, startGatewayProcess } from '../support/gateway-process.ts'
import { endOf, untilEnded } from '../support/service-process.ts'

const INITIALIZE =
  '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}'
const LIST = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
const CALL = JSON.stringify({
  jsonrpc: '2.0',
  id: 2,
  method: 'tools/call',
  params: { name: 'sessions_resolve', arguments: { external_session_key: 'k' } },
})

const CREATE = JSON.stringify({
  jsonrpc: '2.0',
  id: 3,
  method: 'tools/call',
  params: {
    name: 'sessions_create',
    arguments: { external_session_key: 'k', user_id: 'ada', workspace_id: 'ws', start_time: '2026-03-02T09:00:00Z' },
  },
})

/** Allows for creating a database on a busy machine. */
const PATIENCE_MS = 240_000
vi.setConfig({ testTimeout: 3 * PATIENCE_MS })

const folder = await temporaryFolder()
const started: ChildProcess[] = []
const servers: Server[] = []
let count = 0

afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  for (const child of started) child.kill('SIGKILL')
  await Promise.all(started.splice(0).map(endOf))
})
afterAll(() => folder.remove())

const newDataDir = () => join(folder.path, `data-${count++}`)

async function seededDataDir(): Promise<string> {
  const path = newDataDir()
  await seedDataDir(path)
  return path
}

async function takePort(): Promise<{ port: number; server: Server }> {
  const server = createServer().listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, server }
}

function spawned(child: ChildProcess): ChildProcess {
  started.push(child)
  return child
}

/** A stdio gateway; `log` is its standard error. */
function startStdio(settings: Record<string, string>) {
  // A first start may take longer than the default deadline on a busy machine.
  const child = spawned(
    spawnGateway({ HTTP_DEADLINE_SECONDS: '600', ...settings }, { args: ['--stdio'], stdin: 'pipe' }),
  )
  const { stdin, stdout, stderr } = child
  if (!stdin || !stdout || !stderr) throw new Error('the process has no streams')
  const lines: string[] = []
  const log: string[] = []
  createInterface(stdout).on('line', (line) => lines.push(line))
  createInterface(stderr).on('line', (line) => log.push(line))
  const responseTo = async (id: number) => {
    const find = () => lines.map((line) => JSON.parse(line)).find((message) => message.id === id)
    await expect.poll(find, { timeout: PATIENCE_MS }).toBeDefined()
    return find()
  }
  return { child, say: (line: string) => stdin.write(`${line}\n`), stdin, log, responseTo, ended: endOf(child) }
}

test('a gateway started twice: the second reports the port, and exits', async () => {
  const settings = { ACHILLES_DATA_DIR: await seededDataDir(), PORT: String(await freePort()) }
  const first = await startGatewayProcess(settings)
  started.push(first.process)
  const { exitCode, stderr } = await untilEnded(spawned(spawnGateway(settings)))
  expect(exitCode).toBe(1)
  expect(stderr).toBe(`PORT: ${settings.PORT} on 127.0.0.1 is already in use\n`)
})

test('a gateway on the data directory of `core` reports it, and exits', async () => {
  const dataDir = await seededDataDir()
  const port = String(await freePort())
  const core = await startCoreProcess({ ACHILLES_API_KEY: 'k', ACHILLES_DATA_DIR: dataDir, CORE_PORT: port })
  started.push(core.process)
  const { exitCode, stderr } = await untilEnded(spawned(spawnGateway({ ACHILLES_DATA_DIR: dataDir, PORT: '0' })))
  expect(exitCode).toBe(1)
  expect(stderr).toBe(
    `the embedded Core did not start: the data directory ${dataDir} is in use by process ${core.process.pid}, an embedded Core on ${core.url}\n`,
  )
})

test.each(['PORT', 'METRICS_PORT'])('if %s is in use, no data directory is created', async (setting) => {
  const { port } = await takePort()
  const dataDir = newDataDir()
  const settings = { PORT: '0', [setting]: String(port), ACHILLES_DATA_DIR: dataDir }
  const { exitCode, stderr } = await untilEnded(spawned(spawnGateway(settings)))
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringMatching(`^${setting}: .*in use`) })
  expect(existsSync(dataDir)).toBe(false)
})

test('an embedded Core started twice: the same, before its database is created', async () => {
  const settings = {
    ACHILLES_API_KEY: 'k',
    ACHILLES_DATA_DIR: await seededDataDir(),
    CORE_PORT: String(await freePort()),
  }
  const first = await startCoreProcess(settings)
  started.push(first.process)
  const again = await untilEnded(spawned(spawnCore(settings)))
  expect(again).toMatchObject({ exitCode: 1 })
  expect(again.stderr).toBe(
    `the data directory ${settings.ACHILLES_DATA_DIR} is in use by process ${first.process.pid}, an embedded Core on ${first.url}\n` +
      `CORE_PORT: ${settings.CORE_PORT} on 127.0.0.1 is already in use\n`,
  )
  const elsewhere = { ...settings, ACHILLES_DATA_DIR: newDataDir() }
  expect(await untilEnded(spawned(spawnCore(elsewhere)))).toMatchObject({ exitCode: 1 })
  expect(existsSync(join(elsewhere.ACHILLES_DATA_DIR, 'core'))).toBe(false)
})

test('over stdio the first start responds before Core is ready, and a call waits for Core', async () => {
  const { say, stdin, log, responseTo, ended } = startStdio({ ACHILLES_DATA_DIR: newDataDir() })
  for (const line of [INITIALIZE, LIST, CALL]) say(line)
  expect(await responseTo(1)).toHaveProperty('result.tools')
  expect(log.join()).not.toContain('the embedded Core keeps its data')
  expect(await responseTo(2)).toMatchObject({ result: { structuredContent: { found: false } } })
  stdin.end()
  expect(await ended).toBe(0)
})

test('a call waits for Core until its deadline', async () => {
  // Accepts the connection and never responds.
  const { port } = await takePort()
  const { say, log, responseTo, ended } = startStdio({
    EMBEDDED_CORE_DATABASE_URL: `postgres://ada@127.0.0.1:${port}/core`,
    HTTP_DEADLINE_SECONDS: '0.2',
    HTTP_TIMEOUT_SECONDS: '0.2',
  })
  for (const line of [INITIALIZE, CALL]) say(line)
  expect(await responseTo(2)).toMatchObject({
    result: {
      isError: true,
      structuredContent: { code: 'SERVICE_UNAVAILABLE', retryable: true, detail: 'Core is still starting.' },
    },
  })
  expect(await ended).toBe(1)
  expect(log.at(-1)).toContain('the embedded Core did not start: cannot open the database')
})

test('several gateways share one Core: over stdio and HTTP, the first may end, and the Core may be killed', async () => {
  const settings = { ACHILLES_DATA_DIR: await seededDataDir() }
  const first = startStdio(settings)
  const second = startStdio(settings)
  for (const { say } of [first, second]) for (const line of [INITIALIZE, CREATE]) say(line)
  // The same session: its key was used before.
  const created = await Promise.all([first, second].map(({ responseTo }) => responseTo(3)))
  const ids = created.map(({ result }) => result.structuredContent.session_id)
  expect(ids).toEqual([expect.stringMatching(/^ses_/), ids[0]])
  const http = await startGatewayProcess({ ...settings, PORT: '0' })
  started.push(http.process)

  first.stdin.end()
  expect(await first.ended).toBe(0)
  const resolve = async () => {
    const path = `${http.url}/api/achilles/v1/mcp/sessions/resolve`
    const body = '{"external_session_key":"k"}'
    const response = await fetch(path, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    return response.json()
  }
  expect(await resolve()).toMatchObject({ found: true, session: { session_id: ids[0] } })

  const connection = await connectToHolder(settings.ACHILLES_DATA_DIR)
  process.kill(Number((await connection?.readHolder())?.pid), 'SIGKILL')
  // It waits for the next Core.
  expect(await resolve()).toMatchObject({ found: true, session: { session_id: ids[0] } })
  second.say(CALL)
  expect(await second.responseTo(2)).toMatchObject({ result: { structuredContent: { found: true } } })
  await expect.poll(() => http.lines.join()).toContain('the embedded Core ended unexpectedly: starting another')

  second.stdin.end()
  expect(await second.ended).toBe(0)
  http.process.kill('SIGTERM')
  expect(await http.ended).toBe(0)
  // The Core has ended with the last of them.
  expect(await connectToHolder(settings.ACHILLES_DATA_DIR)).toBeUndefined()
})
