import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { acceptAll } from '../../server/tests/support/event-core.ts'
import { reply, type ScriptedCore, startScriptedCore } from '../../server/tests/support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../../server/tests/support/test-gateway.ts'
import { createGatewayClient, type EndOptions, memorySpool, openSession, type SessionOptions } from '../src/index.ts'
import { recordingCore } from './recording-core.ts'

const event = { event_type: 'custom', source_type: 'ci' } as const

let core: ScriptedCore
let gateway: TestGateway

beforeAll(async () => {
  core = await startScriptedCore()
  gateway = await startTestGateway(core, { upstream: { maxRetries: 0 } })
})

beforeEach(() => core.answer(recordingCore()))

afterAll(async () => {
  await gateway.close()
  await core.close()
})

const open = (more: Partial<SessionOptions> = {}) =>
  openSession(createGatewayClient({ url: gateway.url, retries: 0 }), {
    client_name: 'test',
    client_version: '1.0.0',
    workspace_id: 'ws',
    user_id: 'ada',
    external_session_key: 'durations',
    ...more,
  })
const batches = () => core.seen.filter(({ url }) => url === '/signals/events/batch').length

/** Long enough for hundreds of attempts by a timer that has become one of 1 ms. */
const A_WHILE_MS = 500

test.each(['3000000', '9'.repeat(10), 'Fri, 31 Dec 9999 23:59:59 GMT'])(
  'Retry-After: %s is waited for',
  async (asked) => {
    core.answer(recordingCore(reply(429, { detail: 'slow down' }, { 'retry-after': asked })))
    const session = open()
    session.record(event)
    const flush = new AbortController()
    const flushed = expect(session.flush({ signal: flush.signal })).rejects.toThrow()
    await expect.poll(batches).toBe(1)
    await delay(A_WHILE_MS)
    expect(batches()).toBe(1)
    flush.abort()
    await flushed
    await session.close({ deadlineMs: 0 })
  },
)

test('a call that is asked for more patience than a minute rejects at once', async () => {
  core.answer(reply(429, {}, { 'retry-after': '3000000' }))
  const call = createGatewayClient({ url: gateway.url, retries: Number.POSITIVE_INFINITY }).coreHealth.query()
  await expect(call).rejects.toMatchObject({ data: { code: 'TOO_MANY_REQUESTS' } })
  expect(core.seen).toHaveLength(1)
})

describe.each([Number.POSITIVE_INFINITY, Number.MAX_VALUE, 2 ** 31, 3e9])('%d ms', (ms) => {
  test('as timeoutMs is no instant timeout', async () => {
    const { health } = createGatewayClient({ url: gateway.url, retries: 0, timeoutMs: ms })
    await expect(health.query()).resolves.toMatchObject({ status: 'ok' })
  })

  test.each(['end', 'close'] as const)(
    'as the deadlineMs of %s drops nothing while Core takes its time',
    async (how) => {
      core.answer(
        recordingCore((request, response, attempt) => {
          setTimeout(() => acceptAll(request, response, attempt), A_WHILE_MS)
        }),
      )
      const session = open()
      for (let count = 0; count < 5; count++) session.record(event)
      await (how === 'end' ? session.end('completed', { deadlineMs: ms }) : session.close({ deadlineMs: ms }))
      expect(session.ledger()).toMatchObject({ accepted: 5, pending: 0, dropped: {} })
    },
  )

  test('as flushIntervalMs sends nothing before a flush', async () => {
    const session = open({ flushIntervalMs: ms })
    session.record(event)
    await delay(A_WHILE_MS)
    expect(batches()).toBe(0)
    await session.flush()
    expect(session.ledger()).toMatchObject({ accepted: 1 })
    await session.end()
  })
})

describe('an option out of its range is named', () => {
  const named = (option: string) => ({
    name: 'GatewayError',
    message: expect.stringContaining(option),
    data: { code: 'BAD_REQUEST', retryable: false, issues: [{ path: option }] },
  })
  const NO_NUMBERS = [Number.NaN, '5', null] as unknown as number[]

  test.each([
    ...[...NO_NUMBERS, 0, -1].map((value) => ['timeoutMs', value] as const),
    ...[...NO_NUMBERS, -1, 1.5].map((value) => ['retries', value] as const),
  ])('%s: %j of a client', (option, value) => {
    expect(() => createGatewayClient({ url: gateway.url, [option]: value })).toThrow(
      expect.objectContaining({ message: expect.stringContaining(option), name: 'GatewayError' }),
    )
  })

  test.each([Number.NaN, -1, '3'])('retries: %j of a call', async (retries) => {
    const call = createGatewayClient({ url: gateway.url }).health.query(undefined, {
      context: { retries: retries as number },
    })
    await expect(call).rejects.toMatchObject(named('context.retries'))
  })

  test.each([
    ...[...NO_NUMBERS, -1].map((value) => ['flushIntervalMs', value] as const),
    ...[...NO_NUMBERS, 0, -1, 1.5].map((value) => ['maxPending', value] as const),
    ...[...NO_NUMBERS, 0, -1].map((value) => ['maxPendingBytes', value] as const),
  ])('%s: %j of a session, before anything is asked of Core', async (option, value) => {
    const opening = async () => open({ [option]: value, spool: memorySpool() })
    await expect(opening()).rejects.toMatchObject(named(option))
    expect(core.seen).toHaveLength(0)
  })

  test.each(NO_NUMBERS)('deadlineMs: %j of an end or a close, which changes nothing', async (deadlineMs) => {
    const session = open()
    session.record(event)
    await expect(session.end('completed', { deadlineMs } as EndOptions)).rejects.toMatchObject(
      named('options.deadlineMs'),
    )
    await expect(session.close({ deadlineMs })).rejects.toMatchObject(named('options.deadlineMs'))
    await session.end()
    expect(session.ledger()).toMatchObject({ accepted: 1 })
  })
})

test('a deadline that has passed leaves no time to flush', async () => {
  const session = open()
  session.record(event)
  await session.close({ deadlineMs: -5 })
  expect(session.ledger()).toMatchObject({ pending: 0, dropped: { ended: 1 } })
})
