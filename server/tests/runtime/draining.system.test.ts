import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openStream } from '../support/event-stream.ts'
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts'
import { reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'

const HEALTH = JSON.stringify({ status: 'ok', uptime_seconds: 1, accepting_signals: true, last_ingest_error_at: null })

let core: ScriptedCore
let gateway: GatewayProcess
let held: ServerResponse[]

beforeAll(async () => {
  core = await startScriptedCore()
})

beforeEach(async () => {
  held = []
  core.answer((_request, response) => held.push(response))
  gateway = await startGatewayProcess({
    ACHILLES_BASE_URL: core.url,
    ACHILLES_API_KEY: 'k',
    SHUTDOWN_GRACE_SECONDS: '5',
    LOG_LEVEL: 'info',
  })
})

afterEach(() => {
  gateway.process.kill('SIGKILL')
})

afterAll(() => core.close())

const slowCall = () => fetch(`${gateway.url}/api/achilles/v1/mcp/health/core`)

/** Sends a request over the agent's keep-alive connection; returns status, connection header and body. */
async function ask(path: string, agent: Agent): Promise<{ status: number; connection: string; text: string }> {
  const [response] = await once(get(gateway.url + path, { agent }), 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, connection: response.headers.connection, text }
}

function accepts(): Promise<boolean> {
  const { hostname, port } = new URL(gateway.url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy()
      resolve(true)
    }).once('error', () => resolve(false))
  })
}

test('SIGTERM: in-flight requests get a response, new ones are rejected, exit 0', async () => {
  const inFlight = slowCall()
  await expect.poll(() => held.length).toBe(1)
  gateway.process.kill('SIGTERM')
  await expect.poll(accepts).toBe(false)
  held[0]?.writeHead(200, { 'content-type': 'application/json' }).end(HEALTH)
  const answer = await inFlight
  expect(answer.status).toBe(200)
  expect(answer.headers.get('connection')).toBe('close')
  expect(await gateway.ended).toBe(0)
})

test('a keep-alive connection sees the draining state, gets 503 for new calls, and is closed', async () => {
  const [probes, work, health] = [
    new Agent({ keepAlive: true }),
    new Agent({ keepAlive: true }),
    new Agent({ keepAlive: true }),
  ]
  for (const agent of [probes, work, health]) expect(await ask('/readyz', agent)).toMatchObject({ status: 200 })
  const inFlight = slowCall()
  await expect.poll(() => held.length).toBe(1)
  gateway.process.kill('SIGTERM')
  await expect.poll(accepts).toBe(false)
  expect(await ask('/readyz', probes)).toMatchObject({
    status: 503,
    connection: 'close',
    text: '{"status":"draining"}',
  })
  const told = await ask('/api/achilles/v1/mcp/health', health)
  expect(JSON.parse(told.text)).toMatchObject({ status: 'draining', accepting_signals: false })
  const refused = await ask('/trpc/coreHealth', work)
  expect(refused).toMatchObject({ status: 503, connection: 'close' })
  expect(JSON.parse(refused.text).error.json.data).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true })
  held[0]?.writeHead(200, { 'content-type': 'application/json' }).end(HEALTH)
  expect((await inFlight).status).toBe(200)
  expect(await gateway.ended).toBe(0)
  expect(held).toHaveLength(1)
})

test('a call longer than the grace period is aborted: exit 1', async () => {
  const inFlight = slowCall().catch(() => 'cut off')
  await expect.poll(() => held.length).toBe(1)
  gateway.process.kill('SIGTERM')
  expect(await inFlight).toBe('cut off')
  expect(await gateway.ended).toBe(1)
})

test('streams end at once, with a time to come back, and delay nothing', async () => {
  core.answer(reply(200, []))
  const stream = await openStream(`${gateway.url}/api/achilles/v1/mcp/signals/insights/stream?session_id=s`)
  const stalled = connect(Number(new URL(gateway.url).port), '127.0.0.1')
  stalled.write('GET /api/achilles/v1/mcp/signals/insights/stream?session_id=s HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(stalled, 'readable')
  gateway.process.kill('SIGTERM')
  await stream.ended
  expect(stream.retries).toHaveLength(2)
  expect(stream.retries[1]).toBeGreaterThanOrEqual(1000)
  expect(stream.retries[1]).toBeLessThanOrEqual(3000)
  expect(stream.events).toEqual([])
  expect(await gateway.ended).toBe(0)
  stalled.destroy()
})

test('a second signal ends it at once', async () => {
  const inFlight = slowCall().catch(() => 'cut off')
  await expect.poll(() => held.length).toBe(1)
  gateway.process.kill('SIGTERM')
  await expect.poll(accepts).toBe(false)
  gateway.process.kill('SIGINT')
  expect(await inFlight).toBe('cut off')
  expect(await gateway.ended).toBe(1)
})
