import { ExactNumber } from '@achilles/mcp-contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OPERATIONS, validInput } from '../support/operations.ts'
import { reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

let core: ScriptedCore
let gateway: TestGateway

beforeAll(async () => {
  core = await startScriptedCore()
  gateway = await startTestGateway({ url: `${core.url}/tenants/a%20b/core` })
})

afterAll(async () => {
  await gateway.close()
  await core.close()
})

const session = OPERATIONS.find(({ operation }) => operation === 'sessions.create')
const validSession = session ? validInput(session) : {}
const snapshot = (payload: unknown) => ({ session_id: 's', snapshot_type: 'custom', payload })
const snapshotAnswer = { snapshot_id: 'x', session_id: 's', snapshot_type: 'custom', created_at: 't' }

test.each(OPERATIONS)('$operation goes to $core.path under the path of the base URL', async (operation) => {
  core.answer(reply(200, operation.answer))
  const input = operation.input ? validInput(operation) : undefined
  await gateway.native(operation.operation, input)
  const [seen] = core.seen
  expect(seen).toMatchObject({ method: operation.core.method, url: `/tenants/a%20b/core${operation.core.path}` })
  if (!input) return expect(seen?.text).toBe('')
  expect(JSON.parse(seen?.text ?? '')).toEqual(operation.toCore ? operation.toCore(input) : input)
})

describe('headers', () => {
  test('Core receives those of the contract and no other header of the caller', async () => {
    core.answer(reply(200, session?.answer))
    await gateway.rest('POST', '/sessions', validSession, {
      authorization: 'Bearer the-callers-own',
      cookie: 'sid=1',
      'x-forwarded-for': '203.0.113.9',
      'x-achilles-client': 'root',
      'x-achilles-workspaces': '*',
      'x-request-id': 'req-1',
      'idempotency-key': 'key 1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=b',
      'x-mcp-session-token': 'mst_1',
    })
    const { host: _, 'content-length': __, ...headers } = core.seen[0]?.headers ?? {}
    expect(headers).toEqual({
      accept: 'application/json',
      'accept-encoding': expect.any(String),
      authorization: 'Bearer core-key',
      connection: 'keep-alive',
      'content-type': 'application/json',
      'idempotency-key': 'key 1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=b',
      'user-agent': 'achilles-mcp-gateway',
      'x-achilles-client': 'anonymous',
      'x-mcp-session-token': 'mst_1',
      'x-request-id': 'req-1',
    })
  })

  test.each(OPERATIONS)('$operation has an idempotency key: $writes', async ({ operation, input, answer, writes }) => {
    core.answer(reply(200, answer))
    const row = OPERATIONS.find((one) => one.operation === operation)
    await gateway.native(operation, input && row && validInput(row))
    expect(core.seen[0]?.headers['idempotency-key'] !== undefined).toBe(writes)
  })

  test('an idempotency key that is not a valid header value is rejected, not replaced', async () => {
    core.answer(reply(200, session?.answer))
    const headers = { 'idempotency-key': 'é' }
    const rest = await gateway.rest('POST', '/sessions', validSession, headers)
    const native = await gateway.native('sessions.create', validSession, undefined, headers)
    expect(rest.problem).toMatchObject({ status: 400, issues: [{ path: 'idempotency-key' }] })
    expect(native.problem).toMatchObject({ status: 400, issues: [{ path: 'idempotency-key' }] })
    expect(core.seen).toEqual([])
  })

  test('calls of one native batch have separate keys', async () => {
    core.answer(reply(200, snapshotAnswer))
    const body = JSON.stringify({ 0: { json: snapshot({ n: 0 }) }, 1: { json: snapshot({ n: 1 }) } })
    const response = await fetch(`${gateway.url}/trpc/state.snapshot,state.snapshot?batch=1`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
    })
    expect(response.status).toBe(200)
    const keys = core.seen.map(({ headers, text }) => [JSON.parse(text).payload.n, headers['idempotency-key']])
    expect(keys.toSorted()).toEqual([
      [0, 'k-0'],
      [1, 'k-1'],
    ])
  })

  test.each(['bad id', 'é', 'x'.repeat(129), ''])('the request id %j is replaced', async (id) => {
    core.answer(reply(200, session?.answer))
    const { headers } = await gateway.rest('POST', '/sessions', validSession, { 'x-request-id': id })
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(core.seen[0]?.headers['x-request-id']).toBe(headers.get('x-request-id'))
  })

  test.each(['/livez', '/nope', '/trpc/nope', '/trpc/health', '/docs', '/openapi.json'])(
    '%s responds with the request id',
    async (path) => {
      const response = await fetch(gateway.url + path, { headers: { 'x-request-id': 'req-7' } })
      expect(response.headers.get('x-request-id')).toBe('req-7')
    },
  )
})

describe('an id in a path', () => {
  const update = OPERATIONS.find(({ operation }) => operation === 'sessions.update')

  test.each([
    ['a:b@c', 'a%3Ab%40c'],
    ['A%3Ab', 'A%3Ab'],
    ['%41b', 'Ab'],
    ['a.b..c', 'a.b..c'],
  ])('%s is decoded once and encoded once', async (inPath, toCore) => {
    core.answer(reply(200, update?.answer))
    expect((await gateway.rest('PATCH', `/sessions/${inPath}`, { status: 'active' })).status).toBe(200)
    expect(core.seen[0]?.url).toBe(`/tenants/a%20b/core/mcp/sessions/${toCore}`)
  })

  test.each([
    '%2541',
    'a%2Fb',
    'a%00b',
    '%2e%2e',
    '..',
    '.',
    '%252e%252e',
    'a%0d%0ab',
    '%zz',
    'a%20b',
    '@host',
    'ä',
    'a;b',
    'a%3Fb',
  ])('%s never reaches Core', async (inPath) => {
    core.answer(reply(200, update?.answer))
    const { status } = await gateway.rest('PATCH', `/sessions/${inPath}`, { status: 'active' })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expect(core.seen).toEqual([])
  })
})

describe('values', () => {
  const times = ['2026-03-02T09:00:00Z', '2026-03-02T09:00:00.123456+05:30', '2024-02-29T23:59:59.9-11:00']

  test.each(times)('the time %s arrives character for character', async (start_time) => {
    core.answer(reply(200, session?.answer))
    await gateway.rest('POST', '/sessions', { ...validSession, start_time })
    await gateway.native('sessions.create', { ...validSession, start_time })
    expect(core.seen.map(({ text }) => JSON.parse(text).start_time)).toEqual([start_time, start_time])
  })

  test('a native Date becomes its ISO string, in a field and inside a JSON object', async () => {
    core.answer(reply(200, session?.answer))
    const at = '2026-03-02T09:00:00.250Z'
    const input = { ...validSession, start_time: at, config_snapshot: { 'a.b': [at] } }
    const meta = { values: { start_time: ['Date'], 'config_snapshot.a\\.b.0': ['Date'] }, v: 1 }
    expect((await gateway.native('sessions.create', input, meta)).status).toBe(200)
    expect(JSON.parse(core.seen[0]?.text ?? '')).toEqual(input)
  })

  const NUMBERS =
    '{"a":12345678901234567890,"b":[-9007199254740993,0.1234567890123456789012,1e400,1e-400],"c":"12345678901234567890","d":5}'

  test('numbers beyond a double keep every digit', async () => {
    core.answer(reply(200, snapshotAnswer))
    await gateway.rest('POST', '/state/session', `{"session_id":"s","snapshot_type":"custom","payload":${NUMBERS}}`)
    expect(core.seen[0]?.text).toBe(`{"session_id":"s","snapshot_type":"custom","payload":${NUMBERS}}`)
  })

  test('a number beyond a double is not an object', async () => {
    core.answer(reply(200, snapshotAnswer))
    const body = '{"session_id":"s","snapshot_type":"custom","payload":0.100000000000000001}'
    const { status, problem } = await gateway.rest('POST', '/state/session', body)
    expect(status).toBe(400)
    expect(problem?.issues).toEqual([{ path: 'payload', message: 'must be an object, not a number' }])
    expect(core.seen).toEqual([])
  })

  test('a native bigint keeps every digit', async () => {
    core.answer(reply(200, snapshotAnswer))
    const meta = { values: { 'payload.a': ['bigint'], 'payload.b.0': ['bigint'] }, v: 1 }
    await gateway.native('state.snapshot', snapshot({ a: '12345678901234567890', b: ['-5'] }), meta)
    expect(core.seen[0]?.text).toContain('"payload":{"a":12345678901234567890,"b":[-5]}')
  })

  test('a number of a million digits keeps every digit', async () => {
    core.answer(reply(200, snapshotAnswer))
    const digits = '9'.repeat(1e6)
    const meta = { values: { 'payload.a': ['bigint'] }, v: 1 }
    await gateway.native('state.snapshot', snapshot({ a: digits }), meta)
    await gateway.rest('POST', '/state/session', snapshot({ a: new ExactNumber(digits) }))
    expect(core.seen.map(({ text }) => text.includes(`"payload":{"a":${digits}}`))).toEqual([true, true])
  })

  test('defaults are sent to Core', async () => {
    core.answer(reply(200, []))
    await gateway.rest('GET', '/signals/insights?session_id=s')
    await gateway.native('signals.insights', { session_id: 's' })
    expect(core.seen.map(({ text }) => text)).toEqual([
      '{"session_id":"s","limit":50}',
      '{"session_id":"s","limit":50}',
    ])
  })

  test('keys that look like prototypes are data', async () => {
    core.answer(reply(200, snapshotAnswer))
    const payload = { constructor: { prototype: 1 }, toString: 'x', hasOwnProperty: null }
    await gateway.rest('POST', '/state/session', snapshot(payload))
    await gateway.native('state.snapshot', snapshot(payload))
    expect(core.seen.map(({ text }) => JSON.parse(text).payload)).toEqual([payload, payload])
  })
})

describe('native callers', () => {
  test.each([
    ['a RegExp', { a: '/x/' }, { 'payload.a': ['regexp'] }, 'payload.a'],
    ['a Map', { a: { b: [] } }, { 'payload.a.b': ['map'] }, 'payload.a.b'],
    ['a Set', { a: [1] }, { 'payload.a': ['set'] }, 'payload.a'],
    ['an Error', { a: { message: 'x' } }, { 'payload.a': ['Error'] }, 'payload.a'],
    ['a URL', { a: 'http://x' }, { 'payload.a': ['URL'] }, 'payload.a'],
    ['a typed array', { a: [1] }, { 'payload.a': [['typed-array', 'Uint8Array']] }, 'payload.a'],
    ['a class', { a: {} }, { 'payload.a': [['class', 'X']] }, 'payload.a'],
    ['NaN', { a: 'NaN' }, { 'payload.a': ['number'] }, 'payload.a'],
    ['undefined in an array', { a: [null] }, { 'payload.a.0': ['undefined'] }, 'payload.a[0]'],
    ['an invalid Date', { a: 'noon' }, { 'payload.a': ['Date'] }, 'payload.a'],
    ['a bigint that is none', { a: '' }, { 'payload.a': ['bigint'] }, 'payload.a'],
    ['a Map for the payload', [], { payload: ['map'] }, 'payload'],
    ['a Date for the payload', '2026-03-02T09:00:00Z', { payload: ['Date'] }, 'payload'],
  ])('%s is a 400 with its path', async (_what, payload, values, path) => {
    core.answer(reply(200, snapshotAnswer))
    const { status, problem } = await gateway.native('state.snapshot', snapshot(payload), { values, v: 1 })
    expect(status).toBe(400)
    expect(problem?.issues?.map((issue) => issue.path)).toEqual([path])
    expect(core.seen).toEqual([])
  })

  test('a cycle is a 400 with its path', async () => {
    const { problem } = await gateway.native('state.snapshot', snapshot({ self: null }), {
      referentialEqualities: { payload: ['payload.self'] },
      v: 1,
    })
    expect(problem?.issues).toEqual([{ path: 'payload.self', message: 'JSON cannot hold a cycle' }])
  })

  test('an object used twice is sent twice', async () => {
    core.answer(reply(200, snapshotAnswer))
    const twice = { a: { n: 1 }, b: { n: 1 } }
    await gateway.native('state.snapshot', snapshot(twice), {
      referentialEqualities: { 'payload.a': ['payload.b'] },
      v: 1,
    })
    expect(JSON.parse(core.seen[0]?.text ?? '').payload).toEqual(twice)
  })

  test('an undefined field is an absent field', async () => {
    core.answer(reply(200, snapshotAnswer))
    const meta = { values: { captured_at: ['undefined'], 'payload.a': ['undefined'] }, v: 1 }
    await gateway.native('state.snapshot', { ...snapshot({ a: null, b: 1 }), captured_at: null }, meta)
    expect(JSON.parse(core.seen[0]?.text ?? '')).toEqual(snapshot({ b: 1 }))
  })

  test.each([
    [
      'annotations of keys that are not there',
      { values: { 'nope.x': ['Date'], '__proto__.polluted': ['Date'], constructor: ['Date'] } },
      200,
    ],
    ['meta that is no object', 5, 400],
    ['a tree that is no tree', { values: 'x', referentialEqualities: 7 }, 200],
    ['an unknown type for the whole', { values: ['regexp'] }, 400],
  ])('%s have no effect', async (_what, meta, status) => {
    core.answer(reply(200, snapshotAnswer))
    expect((await gateway.native('state.snapshot', snapshot({}), meta)).status).toBe(status)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  test('one invalid input in a batch does not affect other calls', async () => {
    core.answer(reply(200, snapshotAnswer))
    const body = JSON.stringify({
      0: { json: snapshot({ a: '/x/' }), meta: { values: { 'payload.a': ['regexp'] } } },
      1: { json: snapshot({}) },
    })
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } }
    const response = await fetch(`${gateway.url}/trpc/state.snapshot,state.snapshot?batch=1`, init)
    expect(response.status).toBe(207)
    const [bad, good] = (await response.json()) as [{ error: { json: { data: unknown } } }, { result: unknown }]
    expect(bad.error.json.data).toMatchObject({ status: 400, issues: [{ path: 'payload.a' }] })
    expect(good.result).toEqual({ data: { json: snapshotAnswer } })
  })

  test('more than 20 calls in a batch are rejected', async () => {
    const response = await fetch(`${gateway.url}/trpc/${Array(21).fill('health').join(',')}?batch=1`)
    expect(response.status).toBe(400)
    expect((await fetch(`${gateway.url}/trpc/${Array(20).fill('health').join(',')}?batch=1`)).status).toBe(200)
  })
})
