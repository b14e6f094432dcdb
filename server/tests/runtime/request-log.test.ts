import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bearer, KEYS, writeKeysFile } from '../support/keys-file.ts'
import { operationNamed, validInput } from '../support/operations.ts'
import { inTurn, reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`

const resolve = operationNamed('sessions.resolve')
const input = validInput(resolve)

let core: ScriptedCore
let gateway: TestGateway
let keys: Awaited<ReturnType<typeof writeKeysFile>>

beforeAll(async () => {
  core = await startScriptedCore()
  keys = await writeKeysFile(['ws-1'])
  gateway = await startTestGateway(core, { auth: { apiKeysFile: keys.path } })
})

beforeEach(() => {
  core.answer(reply(200, resolve.answer))
  gateway.requests.length = 0
})

afterAll(async () => {
  await gateway.close()
  await core.close()
  await keys.remove()
})

const caller = { ...bearer(KEYS.everything), 'x-request-id': 'req-1', traceparent: TRACEPARENT }

test.each([
  ['rest', () => gateway.rest('POST', resolve.path, input, caller)],
  ['trpc', () => gateway.native(resolve.operation, input, undefined, caller)],
  ['mcp', () => gateway.mcp(resolve.operation, input, caller)],
])('a call over %s is one line', async (surface, call) => {
  await call()
  expect(gateway.requests).toEqual([
    {
      level: 30,
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      msg: 'request',
      request_id: 'req-1',
      trace_id: TRACE,
      surface,
      procedure: 'sessions.resolve',
      principal: 'everything',
      status: 200,
      duration_ms: expect.any(Number),
      core_attempts: 1,
    },
  ])
})

test('an invalid input, an unauthenticated caller and an unknown path', async () => {
  await gateway.rest('POST', resolve.path, {}, bearer(KEYS.everything))
  await gateway.rest('POST', resolve.path, input)
  await fetch(`${gateway.url}/nothing/at/all`)
  await gateway.mcp(resolve.operation, {}, bearer(KEYS.everything))
  expect(gateway.requests).toMatchObject([
    { status: 400, code: 'BAD_REQUEST', procedure: 'sessions.resolve', core_attempts: 0, level: 30 },
    { status: 401, code: 'UNAUTHORIZED', procedure: 'sessions.resolve', core_attempts: 0 },
    { status: 404, code: 'NOT_FOUND', surface: 'other' },
    { status: 400, code: 'BAD_REQUEST', surface: 'mcp', procedure: 'sessions.resolve' },
  ])
  expect(gateway.requests[1]).not.toHaveProperty('principal')
  expect(gateway.requests[2]).not.toHaveProperty('procedure')
})

test('attempts are counted, and a failing Core is a warning', async () => {
  core.answer(inTurn(reply(503, {}), reply(200, resolve.answer)))
  await gateway.rest('POST', resolve.path, input, caller)
  core.answer(reply(500, {}))
  await gateway.rest('POST', resolve.path, input, caller)
  expect(gateway.requests).toMatchObject([
    { status: 200, core_attempts: 2, level: 30 },
    { status: 502, core_attempts: 3, code: 'BAD_GATEWAY', level: 40 },
  ])
})

test('a native batch is one line with its calls and the worst status', async () => {
  const calls = { 0: { json: input }, 1: { json: {} } }
  await fetch(`${gateway.url}/trpc/sessions.resolve,sessions.resolve?batch=1`, {
    method: 'POST',
    body: JSON.stringify(calls),
    headers: { ...bearer(KEYS.everything), 'content-type': 'application/json' },
  })
  expect(gateway.requests).toMatchObject([{ procedure: 'sessions.resolve,sessions.resolve', status: 400 }])
})

test('a client disconnect is 499', async () => {
  core.answer(() => {})
  const headers = { ...bearer(KEYS.everything), 'content-type': 'application/json' }
  const url = `${gateway.url}/api/achilles/v1/mcp${resolve.path}`
  const outgoing = httpRequest(url, { method: 'POST', headers }).on('error', () => {})
  outgoing.end(JSON.stringify(input))
  await once(outgoing, 'finish')
  await expect.poll(() => core.seen.length).toBe(1)
  outgoing.destroy()
  await expect.poll(() => gateway.requests).toMatchObject([{ status: 499, procedure: 'sessions.resolve' }])
})

test('probes are not logged at level info', async () => {
  await fetch(`${gateway.url}/livez`)
  await fetch(`${gateway.url}/readyz`)
  expect(gateway.requests).toEqual([])
})

test.each([
  ['rest', (input: object) => gateway.rest('POST', '/sessions/resolve', input, caller)],
  ['trpc', (input: object) => gateway.native('sessions.resolve', input, undefined, caller)],
  ['mcp', (input: object) => gateway.mcp('sessions.resolve', input, caller)],
])('a rejected input over %s: the line has the fields, but no values', async (_, call) => {
  await call({ external_session_key: 5, user_id: 'secret\n', [`key-${'x'.repeat(1000)}`]: 'secret' })
  const [line] = gateway.requests
  expect(line).toMatchObject({
    status: 400,
    code: 'BAD_REQUEST',
    detail: 'external_session_key: must be a string, not a number (and 2 more)',
    fields: ['external_session_key', 'user_id', expect.stringMatching(/^\["key-x{90,}…/)],
  })
  expect(JSON.stringify(line)).not.toContain('secret')
  expect(JSON.stringify(line).length).toBeLessThan(1000)
})

test('a rejection by Core: without its words, which may have the caller’s', async () => {
  core.answer(reply(404, { detail: 'session of ada@example.com is unknown' }))
  await gateway.rest('POST', resolve.path, input, caller)
  expect(gateway.requests[0]).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  expect(JSON.stringify(gateway.requests)).not.toContain('ada@')
})

test('a rejected origin: the line names the setting', async () => {
  await gateway.mcp(resolve.operation, input, { ...caller, origin: 'https://pages.example' }).catch(() => {})
  expect(gateway.requests[0]).toMatchObject({
    status: 403,
    detail: 'CORS_ORIGINS does not list the origin https://pages.example.',
  })
})
