import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { serveMetrics } from '../../src/runtime/serve-metrics.ts'
import { operationNamed, validInput } from '../support/operations.ts'
import { inTurn, reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'
import { MCP_HEADERS, toolCall } from '../support/tool-calls.ts'

const resolve = operationNamed('sessions.resolve')
const lookup = validInput(resolve)
const batch = validInput(operationNamed('signals.ingestBatch'))

let core: ScriptedCore
let gateway: TestGateway

beforeAll(async () => {
  core = await startScriptedCore()
})
beforeEach(async () => {
  core.answer(reply(200, resolve.answer))
  gateway = await startTestGateway(core, { auth: { ratePerMinute: 200 } })
})
afterEach(() => gateway.close())
afterAll(() => core.close())

/** The samples of a metric, as `{labels}` and value. */
async function samples(name: string): Promise<Record<string, number>> {
  const text = await gateway.metrics.registry.metrics()
  const lines = text.split('\n').flatMap((line) => {
    const [, sample, labels = '', value] = /^(\w+)(\{.*\})? (\S+)$/.exec(line) ?? []
    return sample === name ? [[labels, Number(value)] as const] : []
  })
  return Object.fromEntries(lines)
}

const requests = () => samples('http_server_request_duration_seconds_count')

describe('what is counted', () => {
  test('requests, by surface, procedure and status', async () => {
    await gateway.rest('POST', resolve.path, lookup)
    await gateway.native(resolve.operation, lookup)
    await gateway.native(resolve.operation, {})
    await gateway.mcp(resolve.operation, lookup)
    await gateway.mcp(resolve.operation, {})
    await fetch(`${gateway.url}/livez`)
    await fetch(`${gateway.url}/trpc/health,health?batch=1`)
    const of = (surface: string, procedure: string, status: number) =>
      `{surface="${surface}",procedure="${procedure}",status="${status}"}`
    expect(await requests()).toEqual({
      [of('rest', 'sessions.resolve', 200)]: 1,
      [of('trpc', 'sessions.resolve', 200)]: 1,
      [of('trpc', 'sessions.resolve', 400)]: 1,
      [of('mcp', 'sessions.resolve', 200)]: 1,
      [of('mcp', 'sessions.resolve', 400)]: 1,
      [of('probes', 'none', 200)]: 1,
      [of('trpc', 'batch', 200)]: 1,
    })
  })

  test('attempts at Core and retries, by operation', async () => {
    core.answer(inTurn(reply(503, {}), (_request, response) => response.destroy(), reply(200, resolve.answer)))
    await gateway.rest('POST', resolve.path, lookup)
    expect(await samples('core_request_duration_seconds_count')).toEqual({
      '{operation="sessions.resolve",status="503"}': 1,
      '{operation="sessions.resolve",status="unreachable"}': 1,
      '{operation="sessions.resolve",status="200"}': 1,
    })
    expect(await samples('core_retries_total')).toMatchObject({
      '{operation="sessions.resolve"}': 2,
      '{operation="sessions.create"}': 0,
    })
  })

  test('an attempt that takes too long is a timeout', async () => {
    const hasty = await startTestGateway(core, { upstream: { timeoutMs: 50, maxRetries: 0 } })
    core.answer(() => {})
    await hasty.rest('POST', resolve.path, lookup)
    expect(await hasty.metrics.registry.metrics()).toContain(
      'core_request_duration_seconds_count{operation="sessions.resolve",status="timeout"} 1',
    )
    await hasty.close()
  })

  test('events that Core accepted and that it reported as failed', async () => {
    const results = ['accepted', 'duplicate'].map((status, index) => ({ event_id: `e-${index}`, status }))
    core.answer(reply(200, { results, failed: [{ event_id: 'e-2', error: 'no' }] }))
    await gateway.native('signals.ingestBatch', batch)
    await gateway.mcp('signals.ingestBatch', batch)
    expect(await samples('events_forwarded_total')).toEqual({ '': 4 })
    expect(await samples('events_failed_total')).toEqual({ '': 2 })
  })

  test('contract violations and unlisted values of Core', async () => {
    core.answer(reply(200, { found: 'maybe' }))
    await gateway.rest('POST', resolve.path, lookup)
    const session = { ...(resolve.answer as { session: object }).session, status: 'paused' }
    core.answer(reply(200, { found: true, session }))
    await gateway.rest('POST', resolve.path, lookup)
    expect(await samples('contract_violations_total')).toMatchObject({
      '{operation="sessions.resolve"}': 1,
      '{operation="sessions.create"}': 0,
    })
    expect(await samples('unlisted_values_total')).toEqual({ '{enum="SessionStatus"}': 1 })
  })

  test('callers over their rate limit', async () => {
    await Promise.all(Array.from({ length: 210 }, () => gateway.rest('GET', '/health')))
    expect(await samples('rate_limited_total')).toEqual({ '': 10 })
    expect(await requests()).toMatchObject({ '{surface="rest",procedure="none",status="429"}': 10 })
  })

  test('the upstream: calls in flight, and the circuit', async () => {
    const answers: (() => void)[] = []
    core.answer((request, response, attempt) => {
      answers.push(() => reply(200, resolve.answer)(request, response, attempt))
    })
    const calls = [1, 2, 3].map(() => gateway.rest('POST', resolve.path, lookup))
    await expect.poll(() => answers.length).toBe(3)
    expect(await samples('core_calls_in_flight')).toEqual({ '': 3 })
    expect(await samples('core_circuit_state')).toEqual({ '': 0 })
    for (const answer of answers) answer()
    await Promise.all(calls)
    expect(await samples('core_calls_in_flight')).toEqual({ '': 0 })

    core.answer(reply(502, {}))
    await expect
      .poll(async () => {
        await Promise.all(Array.from({ length: 10 }, () => gateway.rest('POST', resolve.path, lookup)))
        return samples('core_circuit_state')
      })
      .toEqual({ '': 1 })
  })
})

test('input of a caller never becomes a label', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `invented-${index}`)
  for (const name of names) {
    await fetch(`${gateway.url}/${name}`)
    await fetch(`${gateway.url}/trpc/${name}`)
    await gateway.rest('POST', `/${name}`, {})
    await fetch(`${gateway.url}/mcp`, { method: 'POST', headers: MCP_HEADERS, body: toolCall(name, '{}') })
  }
  expect(Object.keys(await requests()).sort()).toEqual([
    '{surface="mcp",procedure="none",status="200"}',
    '{surface="other",procedure="none",status="404"}',
    '{surface="rest",procedure="none",status="404"}',
    '{surface="trpc",procedure="none",status="404"}',
  ])
  expect(await gateway.metrics.registry.metrics()).not.toContain('invented')
})

test('metrics have a separate port that serves nothing else', async () => {
  const served = await serveMetrics(() => gateway.metrics.registry.metrics(), { host: '127.0.0.1', metricsPort: 0 })
  if (!served) throw new Error('nothing is served')
  const answer = await fetch(served.url)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4')
  expect(await answer.text()).toContain('gateway_info{version="')
  expect((await fetch(new URL('/', served.url))).status).toBe(404)
  expect((await fetch(`${gateway.url}/metrics`)).status).toBe(404)
  const { port } = new URL(served.url)
  await expect(serveMetrics(async () => '', { host: '127.0.0.1', metricsPort: Number(port) })).rejects.toThrow(
    /^METRICS_PORT: .*already in use/,
  )
  served.stop()
})
