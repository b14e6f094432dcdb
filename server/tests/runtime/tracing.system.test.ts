import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts'
import { operationNamed, validInput } from '../support/operations.ts'
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts'
import { inTurn, reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { MCP_HEADERS } from '../support/tool-calls.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const CALLER = '00f067aa0ba902b7'
const resolve = operationNamed('sessions.resolve')
const body = JSON.stringify(validInput(resolve))

let core: ScriptedCore
let collector: OtlpReceiver
let gateway: GatewayProcess

beforeAll(async () => {
  core = await startScriptedCore()
})
beforeEach(async () => {
  collector = await startOtlpReceiver()
  core.answer(inTurn(reply(503, {}), reply(200, resolve.answer)))
})
afterEach(async () => {
  gateway.process.kill('SIGKILL')
  await gateway.ended
  collector.close()
})
afterAll(() => core.close())

const settings = () => ({ ACHILLES_BASE_URL: core.url, ACHILLES_API_KEY: 'k' })
const traced = () => ({ ...settings(), OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '50' })

const post = (headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}/api/achilles/v1/mcp${resolve.path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })

test('a span per request and a child span per attempt, in the caller’s trace, which continues to Core', async () => {
  gateway = await startGatewayProcess(traced())
  await fetch(`${gateway.url}/readyz`)
  const answer = await post({ traceparent: `00-${TRACE}-${CALLER}-01`, tracestate: 'vendor=1', 'x-request-id': 'r-1' })
  expect(answer.status).toBe(200)
  await expect.poll(() => collector.spans.length).toBe(3)
  const [request] = collector.spans.filter(({ kind }) => kind === 2)
  const attempts = collector.spans.filter(({ kind }) => kind === 3)
  expect(request).toMatchObject({
    name: 'rest sessions.resolve',
    traceId: TRACE,
    parentSpanId: CALLER,
    attributes: { 'http.response.status_code': 200, 'http.request.method': 'POST', 'achilles.request_id': 'r-1' },
  })
  expect(
    attempts.map(({ name, traceId, parentSpanId, attributes }) => [name, traceId, parentSpanId, attributes]),
  ).toEqual([
    [
      'core sessions.resolve',
      TRACE,
      request?.spanId,
      { 'achilles.operation': 'sessions.resolve', 'http.response.status_code': 503 },
    ],
    [
      'core sessions.resolve',
      TRACE,
      request?.spanId,
      { 'achilles.operation': 'sessions.resolve', 'http.request.resend_count': 1, 'http.response.status_code': 200 },
    ],
  ])
  expect(core.seen.map(({ headers }) => [headers.traceparent, headers.tracestate])).toEqual(
    attempts.map(({ spanId }) => [`00-${TRACE}-${spanId}-01`, 'vendor=1']),
  )
})

test('an unsampled trace continues to Core unsampled, and no span is exported', async () => {
  gateway = await startGatewayProcess(traced())
  await post({ traceparent: `00-${TRACE}-${CALLER}-00` })
  await post({ traceparent: `00-${TRACE}-${CALLER}-01` })
  await expect.poll(() => collector.spans.length).toBe(2)
  expect(collector.spans.every(({ traceId }) => traceId === TRACE)).toBe(true)
  expect(core.seen.map(({ headers }) => headers.traceparent?.slice(-2))).toEqual(['00', '00', '01'])
})

test('a trace in the _meta of a tool call', async () => {
  gateway = await startGatewayProcess(traced())
  const params = {
    name: 'sessions_resolve',
    arguments: validInput(resolve),
    _meta: { traceparent: `00-${TRACE}-${CALLER}-01` },
  }
  const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })
  await fetch(`${gateway.url}/mcp`, { method: 'POST', body: call, headers: MCP_HEADERS })
  await expect.poll(() => collector.spans.length).toBe(3)
  expect(collector.spans.find(({ kind }) => kind === 2)).toMatchObject({
    name: 'mcp sessions.resolve',
    traceId: TRACE,
    parentSpanId: CALLER,
  })
})

test('a stop exports the remaining spans', async () => {
  gateway = await startGatewayProcess({ ...traced(), OTEL_BSP_SCHEDULE_DELAY: '600000' })
  await post()
  gateway.process.kill('SIGTERM')
  expect(await gateway.ended).toBe(0)
  expect(collector.spans).toHaveLength(3)
})

const TELL_WHAT_WAS_LOADED = `data:text/javascript,${encodeURIComponent(`
  import { createRequire } from 'node:module'
  const { cache } = createRequire(${JSON.stringify(import.meta.url)})
  process.on('exit', () => process._rawDebug(Object.keys(cache).some((file) => file.includes('@opentelemetry/sdk-trace')) ? 'LOADED' : 'SPARED'))
`)}`

test.each([
  ['SPARED', {}],
  ['LOADED', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }],
])('OpenTelemetry’s SDK is %s with %o, and an unreachable collector delays nothing', async (expected, more) => {
  let stderr = ''
  gateway = await startGatewayProcess({ ...settings(), NODE_OPTIONS: `--import ${TELL_WHAT_WAS_LOADED}`, ...more })
  gateway.process.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  await post({ traceparent: `00-${TRACE}-${CALLER}-01` })
  expect(core.seen[0]?.headers.traceparent?.slice(3, 35)).toBe(TRACE)
  gateway.process.kill('SIGTERM')
  expect(await gateway.ended).toBe(0)
  expect(stderr).toContain(expected)
})
