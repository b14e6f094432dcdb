import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bearer, KEYS, writeKeysFile } from '../support/keys-file.ts'
import { OPERATIONS, type Operation, validInput } from '../support/operations.ts'
import { reply, type Script, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const inputOf = (name: string) => validInput(OPERATIONS.find(({ operation }) => operation === name) as Operation)
const answerOf = (name: string) => OPERATIONS.find(({ operation }) => operation === name)?.answer

const SESSION = { json: inputOf('sessions.create') }
const UPDATE = { json: inputOf('sessions.update') }
const JSON_TYPE = { 'content-type': 'application/json' }

/** A native request: path with query, body, and headers beside content-type. */
interface Native {
  path: string
  body: string | Uint8Array
  headers?: Record<string, string>
  core?: Script
}

const single = (body: unknown, more: Partial<Native> = {}): Native => ({
  path: 'sessions.create',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  ...more,
})
const batch = (operations: string, body: unknown, more: Partial<Native> = {}): Native => ({
  ...single(body, more),
  path: `${operations}?batch=1`,
})

const REQUESTS: Record<string, Native> = {
  'a call that passes': single(SESSION),
  'a query by POST': single(
    { json: inputOf('signals.insights') },
    { path: 'signals.insights', core: reply(200, answerOf('signals.insights')) },
  ),
  'a procedure without input': single('', { path: 'coreHealth', core: reply(200, answerOf('coreHealth')) }),
  'superjson with types': single({
    json: { ...inputOf('sessions.create'), start_time: 'x' },
    meta: { values: { start_time: ['Date'] } },
  }),
  'an unknown key': single({ json: { ...inputOf('sessions.create'), more: 1 } }),
  'no input at all': single(''),
  'input that is null': single('null'),
  'input that is not superjson': single('[]'),
  'not JSON': single('{"json":'),
  'not UTF-8': single('', { body: Uint8Array.of(0x22, 0xff, 0x22) }),
  gzip: single('', { body: gzipSync(JSON.stringify(SESSION)), headers: { 'content-encoding': 'gzip' } }),
  'another encoding': single(SESSION, { headers: { 'content-encoding': 'br' } }),
  'too large': single({ json: 'x'.repeat(70_000) }),
  'another JSON type': single(SESSION, { headers: { 'content-type': 'application/vnd.achilles+json; charset=utf-8' } }),
  'an idempotency key that is none': single(SESSION, { headers: { 'idempotency-key': 'é' } }),
  'a stranger': single(SESSION, { headers: { authorization: 'Bearer nobody' } }),
  'a workspace that the caller may not reach': single(SESSION, { headers: bearer(KEYS.limited) }),
  'no such procedure': single(SESSION, { path: 'sessions.destroy' }),
  'a path that is encoded': single(SESSION, { path: 'sessions%2Ecreate' }),
  'a conflict of Core’s': single(SESSION, { core: reply(409, { detail: 'the key is taken' }) }),
  'a busy Core': single(SESSION, { core: reply(503, {}, { 'retry-after': '7' }) }),
  'an answer that breaks the contract': single(SESSION, { core: reply(200, { session_id: 7 }) }),
  'an answer with large numbers': single(SESSION, { core: (_request, response) => response.end(largeAnswer) }),
  'a batch': batch('sessions.create,sessions.create', { 0: SESSION, 1: SESSION }),
  'a batch of different procedures': batch('sessions.create,sessions.update', { 0: SESSION, 1: UPDATE }),
  'a batch of which one fails': batch('sessions.create,sessions.create', { 0: SESSION, 1: { json: {} } }),
  'a batch of which all fail': batch('sessions.create,sessions.create', { 0: { json: {} }, 1: { json: [] } }),
  'a batch that lacks an input': batch('sessions.create,sessions.create', { 1: SESSION }),
  'a batch of a call': batch('sessions.create', { 0: SESSION }),
  'a batch whose body is a list': batch('sessions.create', [SESSION]),
  'a batch whose body is null': batch('sessions.create', 'null'),
  'a batch without a body': batch('sessions.create,sessions.create', ''),
  'a batch that is not JSON': batch('sessions.create,sessions.create', '{'),
  'a batch of a query and a mutation': batch('health,sessions.create', { 1: SESSION }),
  'a batch that is too long': batch(Array.from({ length: 21 }, () => 'sessions.create').join(), {}),
  'a batch with an unknown procedure': batch('sessions.create,nothing', { 0: SESSION, 1: SESSION }),
  'a batch with a key': batch(
    'sessions.create,sessions.create',
    { 0: SESSION, 1: SESSION },
    { headers: { 'idempotency-key': 'k' } },
  ),
}
const largeAnswer = JSON.stringify(answerOf('sessions.create')).replace('{', '{"n":12345678901234567890,"z":-0,')

let core: ScriptedCore
let gateway: TestGateway
let keys: Awaited<ReturnType<typeof writeKeysFile>>

beforeAll(async () => {
  core = await startScriptedCore()
  keys = await writeKeysFile(['ws-elsewhere'])
  gateway = await startTestGateway(core, {
    auth: { apiKeysFile: keys.path },
    upstream: { maxRetries: 0 },
    maxBodyBytes: 65_536,
  })
})

afterAll(async () => {
  await gateway.close()
  await keys.remove()
  await core.close()
})

beforeEach(() => core.answer(reply(200, answerOf('sessions.create'))))

/** The response, and the request to Core, without what differs between any two requests. */
async function ask({ path, body, headers, core: script }: Native) {
  core.answer(script ?? reply(200, answerOf('sessions.create')))
  const response = await fetch(`${gateway.url}/trpc/${path}`, {
    method: 'POST',
    body,
    headers: { ...JSON_TYPE, ...bearer(KEYS.everything), 'x-request-id': 'r-1', ...headers },
  })
  const { date: _, ...answered } = Object.fromEntries(response.headers)
  const toCore = core.seen.map(({ url, text, headers }) => [url, text, headers['idempotency-key']?.length])
  return { status: response.status, headers: answered, text: await response.text(), toCore: toCore.sort() }
}

describe('the gateway’s fast path responds like tRPC', () => {
  test.each(Object.entries(REQUESTS))('%s', async (_name, request) => {
    // With an unknown parameter the request is handled by tRPC itself.
    const theirs = await ask({ ...request, path: `${request.path}${request.path.includes('?') ? '&' : '?'}as=trpc` })
    expect(await ask(request)).toEqual(theirs)
  })
})
