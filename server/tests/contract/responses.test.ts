import { createGatewayClient } from '@achilles/mcp-client'
import { describe, expect } from 'vitest'
import { OPERATIONS, validInput } from '../support/operations.ts'
import { reply } from '../support/scripted-core.ts'
import { test } from '../support/scripted-gateway.ts'

const row = (name: string) => {
  const found = OPERATIONS.find(({ operation }) => operation === name)
  if (!found) throw new Error(`no operation ${name}`)
  return { ...found, valid: validInput(found) }
}
const create = row('sessions.create')
const handshake = row('handshake')

test('REST forwards Core’s bytes: unknown fields, microseconds, unlisted values, long numbers, whitespace', async ({
  core,
  gateway,
}) => {
  const text = `{ "session_id":"s", "external_session_key":"k","user_id":"u","workspace_id":"w","project_id":null,
    "status":"hibernating","start_time":"2026-03-02T09:00:00.123456+02:00","end_time":null,"tags":[],
    "config_snapshot":{"n":12345678901234567890,"f":0.30000000000000000001},"created_at":"2026-03-02T09:00:00.000001Z","updated_at":"x",
    "shard":98765432109876543210, "constructor":{"__proto__":1} }`
  core.answer(reply(200, text))
  const { status, text: answered } = await gateway.rest('POST', '/sessions', create.valid)
  expect(status).toBe(200)
  expect(answered).toBe(text)
})

test('natively the same response keeps unknown fields; a number beyond a double is a bigint', async ({
  core,
  gateway,
}) => {
  const answer = {
    ...(create.answer as object),
    status: 'hibernating',
    created_at: '2026-03-02T09:00:00.000001Z',
    shard: 0,
    'a.b': { deep: [1] },
  }
  core.answer(reply(200, JSON.stringify(answer).replace('"shard":0', '"shard":98765432109876543210')))
  const client = createGatewayClient({ url: gateway.url })
  const session = await client.sessions.resolve.query({ external_session_key: 'k' }).catch(() => undefined)
  expect(session).toBeUndefined()
  const created = await client.sessions.create.mutate({
    ...(create.valid as { external_session_key: string; user_id: string; workspace_id: string }),
    start_time: new Date(),
  })
  expect(created).toEqual({ ...answer, shard: 98765432109876543210n })
})

test('an unlisted value is forwarded and logged', async ({ core, gateway }) => {
  core.answer(reply(200, { ...(create.answer as object), status: 'hibernating' }))
  await gateway.rest('POST', '/sessions', create.valid)
  expect(gateway.log.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ enumName: 'SessionStatus', value: 'hibernating' }),
  )
})

describe('a response that violates the contract', () => {
  test.for<[string, object, string]>([
    ['a field missing', { session_id: undefined }, 'session_id'],
    ['a field of the wrong type', { tags: 'a,b' }, 'tags'],
    ['null where it is not nullable', { user_id: null }, 'user_id'],
    ['a number for an enum', { status: 5 }, 'status'],
  ])('%s is a 502 on both surfaces, with its path, and logged', async ([_what, change, path], { core, gateway }) => {
    core.answer(reply(200, { ...(create.answer as object), ...change }))
    const rest = await gateway.rest('POST', '/sessions', create.valid)
    const native = await gateway.native('sessions.create', create.valid)
    for (const { status, problem } of [rest, native]) {
      expect(status).toBe(502)
      expect(problem).toMatchObject({ code: 'CORE_CONTRACT_VIOLATION', retryable: false, issues: [{ path }] })
    }
    expect(gateway.log.at(-1)).toContain(`"path":"${path}"`)
  })

  test('200,000 levels are a 502', async ({ core, gateway }) => {
    core.answer(reply(200, `${'['.repeat(200_000)}${']'.repeat(200_000)}`))
    const rest = await gateway.rest('POST', '/sessions', create.valid)
    expect(rest).toMatchObject({ status: 502, problem: { code: 'CORE_CONTRACT_VIOLATION', retryable: false } })
    expect(await gateway.native('sessions.create', create.valid)).toMatchObject({ status: 502 })
    expect(gateway.log.slice(-2).join()).toMatch(/nests deeper.*\n.*nests deeper/)
  })
})

describe('handshake', () => {
  const answer = handshake.answer as Record<string, unknown>

  test('max_payload_bytes is lowered to the gateway’s limit, other fields are unchanged', async ({ core, gateway }) => {
    core.answer(
      reply(
        200,
        JSON.stringify({ ...answer, max_payload_bytes: 1e9, n: 0 }).replace('"n":0', '"n":12345678901234567890'),
      ),
    )
    const rest = await gateway.rest('POST', '/handshake', handshake.valid)
    expect(rest.value).toEqual({ ...answer, max_payload_bytes: 5 * 1024 * 1024, n: 12345678901234567890n })
    expect(await gateway.native('handshake', handshake.valid)).toMatchObject({
      value: { max_payload_bytes: 5 * 1024 * 1024 },
    })
  })

  test('a lower limit of Core is unchanged', async ({ core, gateway }) => {
    core.answer(reply(200, { ...answer, max_payload_bytes: 1000 }))
    expect(await gateway.rest('POST', '/handshake', handshake.valid)).toMatchObject({
      value: { max_payload_bytes: 1000 },
    })
  })

  test('text instead of a number is a contract violation', async ({ core, gateway }) => {
    core.answer(reply(200, { ...answer, max_payload_bytes: '1000000000' }))
    expect((await gateway.rest('POST', '/handshake', handshake.valid)).status).toBe(502)
  })
})
