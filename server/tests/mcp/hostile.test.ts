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

async function post(body: string, headers: Record<string, string> = {}) {
  const init = { method: 'POST', headers: { ...MCP_HEADERS, ...headers }, body }
  const response = await fetch(`${gateway.url}/mcp`, init)
  const text = await response.text()
  return { status: response.status, answer: text === '' ? undefined : JSON.parse(text) }
}

/** Sends a message as a client of each revision. */
const ways: [string, (method: string, params?: object) => ReturnType<typeof post>][] = [
  ['2025-06-18', (method, params) => post(JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }))],
  [
    '2026-07-28',
    (method, params) =>
      post(JSON.stringify({ jsonrpc: '2.0', id: 7, method, params: { ...params, _meta: MODERN } }), {
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': method,
        ...(params && 'name' in params && { 'mcp-name': String(params.name) }),
      }),
  ],
]

describe.each(ways)('a client of %s', (_, send) => {
  test.each(['nope', '', '__proto__', 'constructor', 'core_health', 'x'.repeat(4_000)])(
    'that names no tool (%#) receives a protocol error',
    async (name) => {
      const { status, answer } = await send('tools/call', { name, arguments: {} })
      expect({ status, answer }).toMatchObject({ status: 200, answer: { id: 7, error: { code: -32602 } } })
      expect(answer.error.message.length).toBeLessThan(200)
    },
  )

  test.each([[[]], ['{}'], [5], [true]])('with arguments %j receives a protocol error', async (args) => {
    const { status, answer } = await send('tools/call', { name: 'signals_ingest_batch', arguments: args })
    expect({ status, answer }).toMatchObject({ status: 200, answer: { id: 7, error: { code: -32602 } } })
    expect(core.seen).toEqual([])
  })

  test('without arguments receives the missing fields', async () => {
    const { answer } = await send('tools/call', { name: 'sessions_create' })
    expect(answer.result).toMatchObject({ isError: true, structuredContent: { code: 'BAD_REQUEST' } })
    expect(answer.result.structuredContent.issues).toHaveLength(4)
  })

  test.each([
    'nope/nope',
    'logging/setLevel',
    'resources/subscribe',
    'tasks/list',
    'completion/complete',
    'tools/__proto__',
  ])('that calls the unknown method %s receives an error', async (method) => {
    const { status, answer } = await send(method, {})
    expect([200, 404]).toContain(status)
    expect(answer).toMatchObject({ id: 7, error: { code: -32601 } })
  })

  test('that requests another page receives an error', async () => {
    expect((await send('tools/list', { cursor: 'x' })).answer).toMatchObject({ error: { code: -32602 } })
  })
})

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const call = (args: string, id = '1') =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"signals_ingest_batch","arguments":{"events":[${args}]}}}`

test.each([
  ['nothing', '', -32700],
  ['no JSON', '{"jsonrpc":', -32700],
  ['a bare word', 'tools/list', -32700],
  ['null', 'null', -32600],
  ['a number', '12345678901234567890', -32600],
  ['text', '"tools/list"', -32600],
  ['no version', '{"id":1,"method":"tools/list"}', -32600],
  ['another version', '{"jsonrpc":"1.0","id":1,"method":"tools/list"}', -32600],
  ['no method', '{"jsonrpc":"2.0","id":1}', -32600],
  ['a method that is no text', '{"jsonrpc":"2.0","id":1,"method":{}}', -32600],
  ['an id beyond 2^53', call('{}', '12345678901234567890'), -32600],
  ['an id that is a fraction', call('{}', '1.5'), -32600],
  ['an id that is an object', call('{}', '{}'), -32600],
  ['an id of null', call('{}', 'null'), -32600],
  ['params that are an array', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}', -32600],
  ['a key that JSON-RPC does not know', '{"jsonrpc":"2.0","id":1,"method":"tools/list","x":1}', -32600],
  ['an empty batch', '[]', -32600],
  ['a batch with what is no message', '[1]', -32600],
  ['a batch of 101', JSON.stringify(Array(101).fill({ jsonrpc: '2.0', id: 1, method: 'ping' })), -32600],
  ['100 000 levels', nested(100_000), -32600],
])('%s is a JSON-RPC error', async (_, body, code) => {
  const { status, answer } = await post(body)
  expect({ status, answer }).toMatchObject({ status: 400, answer: { jsonrpc: '2.0', error: { code } } })
  expect(core.seen).toEqual([])
})

test.each([
  ['a name that is no text', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":5}}'],
  ['no name', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}'],
  ['no params', '{"jsonrpc":"2.0","id":1,"method":"tools/call"}'],
])('a call with %s is a protocol error', async (_, body) => {
  expect(await post(body)).toMatchObject({ status: 200, answer: { id: 1, error: { code: -32602 } } })
})

const event = validInput(OPERATIONS.find(({ operation }) => operation === 'signals.ingest') as (typeof OPERATIONS)[0])
const withPayload = (json: string) =>
  JSON.stringify({ ...event, payload: 0 }).replace('"payload":0', `"payload":${json}`)

test.each([
  ['the key __proto__ on top', `{"__proto__":{"admin":true},${JSON.stringify(event).slice(1)}`, '__proto__'],
  ['the key __proto__ below', withPayload('{"__proto__":1}'), 'payload.__proto__'],
  ['the key constructor', `{"constructor":1,${JSON.stringify(event).slice(1)}`, 'constructor'],
  ['100 000 levels', withPayload(`{"a":${nested(100_000)}}`), `payload.a${'[0]'.repeat(63)}`],
  ['a million digits', `{"duration_ms":${'9'.repeat(1_000_000)},${JSON.stringify(event).slice(1)}`, 'duration_ms'],
])('arguments with %s are rejected by the procedure', async (_, args, path) => {
  const { status, answer } = await post(call(args))
  expect(status).toBe(200)
  expect(answer.result).toMatchObject({ isError: true, structuredContent: { code: 'BAD_REQUEST' } })
  expect(answer.result.structuredContent.issues.map((issue: { path: string }) => issue.path)).toEqual([
    `events[0].${path}`,
  ])
  expect(core.seen).toEqual([])
  expect(Object.prototype).not.toHaveProperty('admin')
})

test('notifications get no response', async () => {
  for (const body of [
    '{"jsonrpc":"2.0","method":"notifications/initialized"}',
    '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}',
    '{"jsonrpc":"2.0","method":"notifications/nope","params":{"n":12345678901234567890}}',
    '{"jsonrpc":"2.0","id":1,"result":{}}',
  ]) {
    expect(await post(body)).toEqual({ status: 202, answer: undefined })
  }
  expect((await post('{"jsonrpc":"2.0","id":1,"result":{"n":12345678901234567890}}')).status).toBeLessThan(500)
})

test('a call that its own batch cancels still gets a response', async () => {
  const cancel = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}'
  const { status, answer } = await post(`[${call(JSON.stringify(event))},${cancel}]`)
  expect({ status, answer }).toMatchObject({ status: 200, answer: { id: 1, result: { structuredContent: {} } } })
})

test.each(['GET', 'DELETE', 'PUT'])('%s is rejected: there are no sessions or streams', async (method) => {
  const response = await fetch(`${gateway.url}/mcp`, { method, headers: { accept: 'text/event-stream' } })
  expect(response.status).toBe(405)
  expect(response.headers.get('allow')).toBe('POST')
})

test('a subscription is acknowledged as empty and ends', async () => {
  const params = { notifications: { toolsListChanged: true }, _meta: MODERN }
  const response = await fetch(`${gateway.url}/mcp`, {
    method: 'POST',
    headers: { ...MCP_HEADERS, 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'subscriptions/listen', params }),
  })
  const text = await response.text()
  expect(text).toContain('"notifications":{}')
  expect(text).toContain('"id":7,"result"')
})
