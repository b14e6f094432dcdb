import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { OPERATIONS, validInput } from '../support/operations.ts'
import { reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'
import { MCP_HEADERS } from '../support/tool-calls.ts'

let core: ScriptedCore
let gateway: TestGateway

beforeAll(async () => {
  core = await startScriptedCore()
  gateway = await startTestGateway(core)
})

beforeEach(() => core.answer(reply(200, { results: [], failed: [] })))

afterAll(async () => {
  await gateway.close()
  await core.close()
})

const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
}
const modernHeaders = (method: string) => ({ 'mcp-protocol-version': '2026-07-28', 'mcp-method': method })

async function post(body: unknown, headers: Record<string, string | undefined> = {}) {
  const all = Object.entries({ ...MCP_HEADERS, ...headers }).filter(([, value]) => value !== undefined)
  const response = await fetch(`${gateway.url}/mcp`, {
    method: 'POST',
    headers: all as [string, string][],
    body: JSON.stringify(body),
  })
  return { status: response.status, type: response.headers.get('content-type'), answer: await response.json() }
}

const request = (method: string, params?: unknown, id: unknown = 6) => ({ jsonrpc: '2.0', id, method, params })

describe('Accept', () => {
  const versions: [string, Record<string, string>, object][] = [
    ['2025-06-18', {}, request('tools/list')],
    ['2026-07-28', modernHeaders('tools/list'), request('tools/list', { _meta: MODERN })],
  ]

  describe.each(versions)('of a client of %s', (_, headers, body) => {
    test.each([
      '*/*',
      'application/json',
      'application/*',
      'APPLICATION/JSON',
      'Application/Json, Text/Event-Stream',
      'application/json;q=0.5, text/event-stream;q=0.9',
      'text/html, */*;q=0.1',
      'text/event-stream, application/json; charset=utf-8',
    ])('%s gets JSON', async (accept) => {
      const { status, type, answer } = await post(body, { ...headers, accept })
      expect({ status, type }).toEqual({ status: 200, type: 'application/json' })
      expect(answer).toMatchObject({ id: 6, result: { tools: expect.any(Array) } })
    })
  })

  test('an absent header accepts everything', async () => {
    const { port } = new URL(gateway.url)
    const { request: ask } = await import('node:http')
    const status = await new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'mcp-protocol-version': '2025-06-18' }
      ask({ port, host: '127.0.0.1', path: '/mcp', method: 'POST', headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .once('error', reject)
        .end(JSON.stringify(request('ping')))
    })
    expect(status).toBe(200)
  })

  test.each(['text/event-stream', 'text/html', 'application/json;q=0, text/event-stream'])(
    '%s does not accept JSON: 406',
    async (accept) => {
      expect(await post(request('ping'), { accept })).toMatchObject({ status: 406, answer: { jsonrpc: '2.0' } })
    },
  )

  test('a call with an unusual Accept is aborted at Core when its client disconnects', async () => {
    const caller = new AbortController()
    const gone = new Promise<void>((resolve) => {
      core.answer((_request, response) => {
        response.once('close', resolve)
        caller.abort()
      })
    })
    const row = OPERATIONS.find(({ operation }) => operation === 'signals.ingest') as (typeof OPERATIONS)[0]
    const call = fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: { ...MCP_HEADERS, accept: '*/*' },
      body: JSON.stringify(
        request('tools/call', { name: 'signals_ingest_batch', arguments: { events: [validInput(row)] } }),
      ),
      signal: caller.signal,
    })
    await expect(call).rejects.toThrow()
    await gone
  })
})

describe('params of null count as absent', () => {
  test.each(['tools/list', 'ping'])('%s', async (method) => {
    expect(await post(request(method, null))).toMatchObject({ status: 200, answer: { id: 6, result: {} } })
  })

  test('in a batch as well', async () => {
    const { status, answer } = await post([request('ping', null, 1), request('ping', null, 2)])
    expect({ status, ids: (answer as { id: number }[]).map(({ id }) => id) }).toEqual({ status: 200, ids: [1, 2] })
  })

  test('missing required params are named in the error', async () => {
    const { answer } = await post(request('tools/call', null))
    expect(answer).toMatchObject({ id: 6, error: { code: -32602 } })
  })
})

describe('a caller’s error is never an internal error', () => {
  const info = { name: 'a', version: '1' }
  const faults: [string, unknown, number, string?][] = [
    ['tools/list', { cursor: 5 }, -32602, 'cursor'],
    ['tools/list', { cursor: null }, -32602, 'cursor'],
    ['tools/list', { cursor: 'x' }, -32602],
    ['tools/list', { _meta: 5 }, -32600],
    ['tools/list', [], -32600],
    ['tools/list', 'x', -32600],
    ['initialize', undefined, -32602, 'params'],
    ['initialize', {}, -32602, 'protocolVersion'],
    ['initialize', { protocolVersion: 5, capabilities: {}, clientInfo: info }, -32602, 'protocolVersion'],
    ['initialize', { protocolVersion: '2025-06-18', capabilities: null, clientInfo: info }, -32602, 'capabilities'],
    ['initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'a' } }, -32602, 'version'],
    ['tools/call', { name: null }, -32602, 'name'],
    ['tools/call', { name: 'health', arguments: 5 }, -32602, 'arguments'],
    ['tools/call', { name: 'nope' }, -32602, 'nope'],
    ['nope', {}, -32601],
    ['resources/read', {}, -32602, 'uri'],
    ['resources/read', { uri: 'achilles://sessions/a/b' }, -32602, 'Unknown resource'],
    ['prompts/get', { name: 'nope' }, -32602, 'Unknown prompt'],
    ['resources/subscribe', { uri: 'a' }, -32601],
    ['notifications/initialized', {}, -32601],
  ]
  test.each(faults)('%s with %j', async (method, params, code, named = '') => {
    const { answer } = await post(request(method, params))
    expect(answer).toMatchObject({ id: 6, error: { code, message: expect.stringContaining(named) } })
  })

  test.each([
    ['tools/list', { cursor: 5 }, -32602],
    ['tools/call', { name: 5 }, -32602],
    ['subscriptions/listen', {}, -32602],
    ['ping', {}, -32601],
  ])('%s with %j of a client of 2026-07-28', async (method, params, code) => {
    const { answer } = await post(request(method, { ...params, _meta: MODERN }), modernHeaders(method))
    expect(answer).toMatchObject({ id: 6, error: { code } })
  })
})
