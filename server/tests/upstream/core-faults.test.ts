import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { OPERATIONS, validInput } from '../support/operations.ts'
import { inTurn, reply, type Script, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

let core: ScriptedCore
let gateway: TestGateway

beforeAll(async () => {
  core = await startScriptedCore()
})

// A new gateway for each test, so that failures do not add up and open the circuit.
beforeEach(async () => {
  gateway = await startTestGateway(core, { upstream: { timeoutMs: 700, maxRetries: 2, deadlineMs: 6_000 } })
})

afterEach(() => gateway.close())
afterAll(() => core.close())

const batch = OPERATIONS.find(({ operation }) => operation === 'signals.ingestBatch')
const events = batch ? validInput(batch) : {}
const send = (to = gateway) => to.rest('POST', '/signals/events/batch', events)
const ok = reply(200, { results: [], failed: [] })
const reset: Script = (_request, response) => response.socket?.resetAndDestroy()
const hang: Script = () => {}

const PASSED_ON: Record<number, string> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  503: 'SERVICE_UNAVAILABLE',
}
const RETRIED = [408, 429, 500, 502, 503, 504]

test('every status from 400 to 499 has the expected attempts, status and code', async () => {
  for (let status = 400; status < 500; status++) {
    core.answer(reply(status, { detail: 'why not', stack: 'secret' }))
    const { status: responded, text, problem } = await send()
    const code = PASSED_ON[status] ?? 'BAD_GATEWAY'
    expect(responded, String(status)).toBe(code === 'BAD_GATEWAY' ? 502 : status)
    expect(problem).toMatchObject({ code, detail: 'why not', upstream: { status, detail: 'why not' } })
    expect(problem?.retryable, String(status)).toBe(status === 429)
    expect(text).not.toContain('secret')
    expect(core.seen, String(status)).toHaveLength(RETRIED.includes(status) ? 3 : 1)
  }
})

test('every status from 500 to 599 is retryable and has the expected attempts, status and code', async () => {
  for (let status = 500; status < 600; status++) {
    const fresh = await startTestGateway(core, { upstream: { timeoutMs: 2_000, maxRetries: 2, deadlineMs: 5_000 } })
    core.answer(reply(status, { detail: [{ loc: ['body'], msg: 'busy' }] }))
    const { status: responded, problem } = await send(fresh)
    expect(responded, String(status)).toBe(status === 503 ? 503 : 502)
    expect(problem).toMatchObject({ code: PASSED_ON[status] ?? 'BAD_GATEWAY', retryable: true, upstream: { status } })
    expect(problem?.detail).toBe('[{"loc":["body"],"msg":"busy"}]')
    expect(core.seen, String(status)).toHaveLength(RETRIED.includes(status) ? 3 : 1)
    expect(new Set(core.seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    await fresh.close()
  }
})

test.each([201, 202, 299])('Core’s %i is a success', async (status) => {
  core.answer(reply(status, { results: [], failed: [] }))
  expect(await send()).toMatchObject({ status: 200, value: { results: [], failed: [] } })
})

test.each([301, 302, 307])('Core’s %i is not followed: 502 after one attempt', async (status) => {
  core.answer(reply(status, {}, { location: `${core.url}/elsewhere` }))
  expect(await send()).toMatchObject({ status: 502, problem: { code: 'BAD_GATEWAY', retryable: false } })
  expect(core.seen).toHaveLength(1)
})

test('a deeply nested error response is passed on without its detail', async () => {
  core.answer(reply(409, `{"detail":${'['.repeat(100_000)}${']'.repeat(100_000)}}`))
  expect((await send()).problem).toMatchObject({ status: 409, code: 'CONFLICT', upstream: { status: 409 } })
})

test('the native surface returns the same error', async () => {
  core.answer(reply(404, { detail: 'no such session' }))
  const rest = await send()
  const native = await gateway.native('signals.ingestBatch', events)
  expect(native.status).toBe(404)
  expect({ ...native.problem, request_id: '' }).toEqual({ ...rest.problem, request_id: '' })
})

const broken: [string, Script][] = [
  ['a 503', reply(503, {})],
  ['a reset', reset],
  ['a hang', hang],
  [
    'a reset in the body',
    (_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{', () => response.socket?.resetAndDestroy())
    },
  ],
  [
    'a body that ends early',
    (_request, response) => {
      response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"results":[]')
    },
  ],
  [
    'chunks that end early',
    (_request, response) => {
      response.socket?.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"res\r\n')
    },
  ],
  [
    'a slow body',
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const drip = setInterval(() => response.write(' '), 50)
      response.once('close', () => clearInterval(drip))
    },
  ],
]

test.each(broken)('%s is retried, and the caller gets the response', async (_what, fault) => {
  core.answer(inTurn(fault, ok))
  expect((await send()).status).toBe(200)
  expect(core.seen).toHaveLength(2)
  expect(core.seen[1]?.text).toBe(core.seen[0]?.text)
  expect(core.seen[1]?.headers['idempotency-key']).toBe(core.seen[0]?.headers['idempotency-key'])
})

test.each([
  ['a reset', reset, 503, 'SERVICE_UNAVAILABLE'],
  ['a hang', hang, 504, 'GATEWAY_TIMEOUT'],
  ['a slow body', broken.at(-1)?.[1] ?? hang, 504, 'GATEWAY_TIMEOUT'],
] as const)('%s on every attempt is a %i %s', async (_what, fault, status, code) => {
  core.answer(fault)
  expect(await send()).toMatchObject({ status, problem: { code, retryable: true } })
  expect(core.seen).toHaveLength(3)
})

test('bytes that are not HTTP are a 503 or a 502, never a 500', async () => {
  core.answer((_request, response) => response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n'))
  expect([502, 503]).toContain((await send()).status)
})

test('an unreachable Core is a 503 with Retry-After, and health has the time of the last ingest error', async () => {
  const gone = await startTestGateway({ url: 'http://127.0.0.1:1' }, { upstream: { maxRetries: 1, deadlineMs: 2_000 } })
  const rest = await send(gone)
  expect(rest).toMatchObject({ status: 503, problem: { code: 'SERVICE_UNAVAILABLE', retryable: true } })
  expect(rest.headers.get('retry-after')).toBe('1')
  const native = await gone.native('signals.ingestBatch', events)
  expect(native.status).toBe(503)
  expect(native.headers.get('retry-after')).toBe('1')
  expect(await gone.rest('GET', '/health')).toMatchObject({
    value: { last_ingest_error_at: expect.stringMatching(/Z$/) },
  })
  await gone.close()
})

describe('Retry-After', () => {
  test.each(['1', new Date(Date.now() + 1_500).toUTCString()])('of %s is waited for', async (after) => {
    core.answer(inTurn(reply(503, {}, { 'retry-after': after }), ok))
    const minimum = Number.isNaN(Number(after)) ? Date.parse(after) - Date.now() : Number(after) * 1000
    expect((await send()).status).toBe(200)
    const [first, second] = core.seen
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(minimum - 50)
  })

  test.each(['999999', '8', new Date(Date.now() + 60_000).toUTCString()])(
    'of %s passes the deadline: the response is returned immediately',
    async (after) => {
      core.answer(reply(429, {}, { 'retry-after': after }))
      const { status, headers } = await send()
      expect(status).toBe(429)
      expect(headers.get('retry-after')).toBe(after)
      expect(core.seen).toHaveLength(1)
    },
  )

  test.each(['0', 'soon', '-5', ''])('of %j neither delays nor prevents the retry', async (after) => {
    core.answer(inTurn(reply(503, {}, { 'retry-after': after }), ok))
    expect((await send()).status).toBe(200)
    expect(core.seen).toHaveLength(2)
  })
})

test('the deadline limits all attempts together', async () => {
  const hasty = await startTestGateway(core, { upstream: { timeoutMs: 2_000, maxRetries: 5, deadlineMs: 400 } })
  core.answer(hang)
  expect(await hasty.rest('GET', '/health/core')).toMatchObject({ status: 504 })
  expect(core.seen).toHaveLength(1)
  await hasty.close()
})

test('when a caller disconnects, its call to Core is aborted and not retried', async () => {
  const patient = await startTestGateway(core, { upstream: { timeoutMs: 60_000, maxRetries: 2, deadlineMs: 60_000 } })
  const disconnected = new Promise<number>((resolve) =>
    core.answer((_request, response) => response.once('close', () => resolve(performance.now()))),
  )
  const caller = new AbortController()
  const call = fetch(`${patient.url}/api/achilles/v1/mcp/health/core`, { signal: caller.signal }).catch(() => 'gone')
  await expect.poll(() => core.seen.length).toBe(1)
  const aborted = performance.now()
  caller.abort()
  expect(await call).toBe('gone')
  process.stdout.write(`disconnect reached Core after ${((await disconnected) - aborted).toFixed(0)} ms\n`)
  await patient.close()
  expect(core.seen).toHaveLength(1)
})
