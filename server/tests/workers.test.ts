import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { endOf, type GatewayProcess, spawnGateway, startGatewayProcess } from './gateway-process.ts'
import { operationNamed, validInput } from './operations.ts'
import { reply, type ScriptedCore, startScriptedCore } from './scripted-core.ts'

const resolve = operationNamed('sessions.resolve')
const body = JSON.stringify(validInput(resolve))

let core: ScriptedCore
let gateway: GatewayProcess

beforeAll(async () => {
  core = await startScriptedCore()
  core.answer(reply(200, resolve.answer))
})
afterEach(async () => {
  gateway.process.kill('SIGKILL')
  await gateway.ended
})
afterAll(() => core.close())

async function start(settings: Record<string, string> = {}): Promise<void> {
  gateway = await startGatewayProcess({
    ACHILLES_BASE_URL: core.url,
    ACHILLES_API_KEY: 'k',
    WORKERS: '2',
    METRICS_PORT: '0',
    ...settings,
  })
}

/** A connection of its own for each call, so that workers take turns. */
const call = () =>
  fetch(`${gateway.url}/api/achilles/v1/mcp${resolve.path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', connection: 'close' },
  })

/** The processes that answer. */
async function workerPids(): Promise<number[]> {
  const before = said('request').length
  await Promise.all(Array.from({ length: 20 }, call))
  await expect.poll(() => said('request').length).toBe(before + 20)
  const since = said('request').slice(before)
  return [...new Set(since.map(({ pid }) => Number(pid)))]
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The lines of the log whose message begins so. */
const said = (message: string) =>
  gateway.lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => String(msg).startsWith(message))

test('workers share a port, a rate and their metrics', async () => {
  await start({ RATE_LIMIT_PER_MINUTE: '30' })
  const statuses: number[] = []
  for (let index = 0; index < 40; index++) statuses.push((await call()).status)
  expect(statuses.filter((status) => status === 200)).toHaveLength(30)
  expect(statuses.filter((status) => status === 429)).toHaveLength(10)

  await expect.poll(() => said('request')).toHaveLength(40)
  expect(new Set(said('request').map(({ worker }) => worker))).toEqual(new Set([1, 2]))

  await expect.poll(() => said('Metrics at')).toHaveLength(1)
  const metrics = await (await fetch(String(said('Metrics at')[0]?.msg).slice('Metrics at '.length))).text()
  expect(metrics).toContain('gateway_info{version="0.1.0"} 1\n')
  expect(metrics).toContain(
    'http_server_request_duration_seconds_count{surface="rest",procedure="sessions.resolve",status="200"} 30\n',
  )
  expect(metrics).toContain('rate_limited_total 10\n')
  expect(metrics).toContain('process_resident_memory_bytes')
})

test('a worker that is killed is replaced, and callers hardly notice', async () => {
  await start()
  const [victim = 0, ...others] = await workerPids()
  expect(others).toHaveLength(1)
  process.kill(victim, 'SIGKILL')
  await expect.poll(() => said('A worker ended on its own')).toMatchObject([{ pid: victim, signal: 'SIGKILL' }])
  expect((await call()).status).toBe(200)
  await expect.poll(() => said('A worker took its place')).toHaveLength(1)
  expect(await workerPids()).toHaveLength(2)
})

test('a stop answers what is in flight in every worker', async () => {
  await start()
  const answers: (() => void)[] = []
  core.answer((request, response, attempt) => {
    answers.push(() => reply(200, resolve.answer)(request, response, attempt))
  })
  const calls = [1, 2, 3, 4].map(call)
  await expect.poll(() => answers.length).toBe(4)
  gateway.process.kill('SIGTERM')
  await expect.poll(() => said('Stopping')).toHaveLength(1)
  for (const answer of answers) answer()
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect(await gateway.ended).toBe(0)
  core.answer(reply(200, resolve.answer))
})

test('workers end with the process that started them, even one that was killed', async () => {
  await start()
  const pids = await workerPids()
  gateway.process.kill('SIGKILL')
  await expect.poll(() => pids.filter(isAlive)).toEqual([])
})

test('a worker that cannot start is told in one line', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const settings = { ACHILLES_BASE_URL: core.url, ACHILLES_API_KEY: 'k', WORKERS: '2', PORT: String(port) }
  const child = spawnGateway(settings)
  let stderr = ''
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  expect(await endOf(child)).toBe(1)
  expect(stderr).toBe(`PORT: ${port} on 127.0.0.1 is already in use\n`)
  taken.close()
})
