import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Problem } from '@achilles/mcp-contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApiDocument, operationsOf, resolveRef } from '../support/openapi-document.ts'
import { OPERATIONS, validInput } from '../support/operations.ts'
import { reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const KEY = 'k'.repeat(32)
const document = openApiDocument()
const documented = operationsOf(document)

let core: ScriptedCore
let directory: string
let gateway: TestGateway
let open: TestGateway

beforeAll(async () => {
  core = await startScriptedCore()
  directory = await mkdtemp(join(tmpdir(), 'achilles-'))
  const apiKeysFile = join(directory, 'keys.json')
  const sha256 = createHash('sha256').update(KEY).digest('hex')
  await writeFile(apiKeysFile, JSON.stringify([{ name: 'a', sha256, workspaces: ['ws-other'] }]))
  const upstream = { maxRetries: 0, timeoutMs: 1_000, deadlineMs: 1_000 }
  gateway = await startTestGateway(core, {
    maxBodyBytes: 1024,
    auth: { apiKeysFile, ratePerMinute: 100_000 },
    upstream,
  })
  open = await startTestGateway(core, { maxBodyBytes: 1024, upstream })
})

afterAll(async () => {
  await gateway.close()
  await open.close()
  await core.close()
  await rm(directory, { recursive: true })
})

/** Calls an operation with the given changes to a valid call. */
function call(
  { method, path }: { method: string; path: string },
  { headers = {}, body, at = open }: { headers?: Record<string, string>; body?: unknown; at?: TestGateway } = {},
) {
  const row = OPERATIONS.find((operation) => operation.path === path && operation.method !== 'GET')
  const { session_id, ...rest } = row ? validInput(row) : {}
  const isInPath = path.includes('{session_id}')
  const input = { ...(!isInPath && session_id !== undefined && { session_id }), ...rest }
  const query = method === 'GET' && row ? '?session_id=ses_8c41' : ''
  const target = path.replace('{session_id}', 'ses_8c41') + query
  return at.rest(method, target, method === 'GET' ? undefined : (body ?? input), headers)
}

const bearer = { authorization: `Bearer ${KEY}` }
const takesBody = documented.filter(({ operation }) => operation.requestBody)
const callsCore = documented.filter(({ path }) => path !== '/health')
// A stream stays open while Core fails.
const fails = callsCore.filter(({ operation }) => operation.operationId !== 'signalsWatchInsights')

/** Expects a response that the document describes, including its headers. */
function expectDocumented(
  { operation }: (typeof documented)[number],
  { status, headers, value }: Awaited<ReturnType<typeof call>>,
  expected: number,
) {
  expect(status).toBe(expected)
  const response = operation.responses[status]
  if (!response) throw new Error(`${operation.operationId} does not tell of ${status}`)
  const { headers: told, content } = resolveRef(document, response)
  expect(Object.keys(content)).toContain(headers.get('content-type'))
  const names = Object.keys(told).map((name) => name.toLowerCase())
  const sent = ['x-request-id', 'ratelimit', 'ratelimit-policy', 'retry-after', 'www-authenticate'].filter((name) =>
    headers.has(name),
  )
  expect(names).toEqual(expect.arrayContaining(sent))
  if (status !== 200) expect(Problem.parse(value).status).toBe(status)
}

const named = (operations: typeof documented) => operations.map((one) => [one.operation.operationId, one] as const)

describe.each(named(documented))('%s documents', (_id, one) => {
  test('400 for an invalid idempotency key', async () => {
    expectDocumented(one, await call(one, { headers: { 'idempotency-key': 'x'.repeat(257) } }), 400)
  })

  test('403 for a caller that is not local', async () => {
    expectDocumented(one, await call(one, { headers: { origin: 'https://evil.example' } }), 403)
  })
})

describe.each(named(takesBody))('%s documents', (_id, one) => {
  test('400, 413 and 415 for bodies', async () => {
    expectDocumented(one, await call(one, { body: '{' }), 400)
    expectDocumented(one, await call(one, { body: { unknown: 'x'.repeat(2000) } }), 413)
    expectDocumented(one, await call(one, { headers: { 'content-type': 'text/plain' } }), 415)
  })
})

describe.each(named(callsCore))('%s documents', (_id, one) => {
  test('401 for an unauthenticated caller', async () => {
    expectDocumented(one, await call(one, { at: gateway }), 401)
    const answer = await call(one, { at: gateway, headers: bearer })
    expect(answer.status).not.toBe(401)
    expect(answer.headers.has('ratelimit')).toBe(true)
  })
})

describe.each(named(fails))('%s documents', (_id, one) => {
  test('502, 503 and 504 for failures of Core', async () => {
    core.answer(reply(200, 'no JSON'))
    expectDocumented(one, await call(one), 502)
    core.answer(reply(503, {}, { 'retry-after': '1' }))
    expectDocumented(one, await call(one), 503)
    core.answer(() => {})
    expectDocumented(one, await call(one), 504)
  })

  test('any error response of Core', async () => {
    for (const status of [400, 401, 403, 404, 409, 413, 422, 429]) {
      core.answer(reply(status, { detail: 'no' }))
      const answer = await call(one)
      expect(answer.status).toBe(status)
      expect(Problem.parse(answer.value).status).toBe(status)
      expect(one.operation.responses[status] ?? one.operation.responses.default).toBeDefined()
    }
  })
})

test('429 where the rate is used up, on health too', async () => {
  const slow = await startTestGateway(core, { auth: { ratePerMinute: 1 } })
  await call({ method: 'GET', path: '/health' }, { at: slow })
  for (const one of documented) expectDocumented(one, await call(one, { at: slow }), 429)
  await slow.close()
})
