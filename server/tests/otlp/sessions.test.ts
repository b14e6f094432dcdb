import { describe, expect } from 'vitest'
import { bearer, KEYS, writeKeysFile } from '../support/keys-file.ts'
import { exportOtlp, logsOf, spansOf } from '../support/otlp-requests.ts'
import { reply } from '../support/scripted-core.ts'
import { test as base } from '../support/scripted-gateway.ts'
import { storeSessions } from '../support/session-core.ts'
import { startTestGateway } from '../support/test-gateway.ts'
import { type TestAttributes, testSource } from '../support/test-source.ts'

const test = base
  .override('settings', { agentSources: [testSource], upstream: { maxRetries: 0 } })
  .extend('send', ({ gateway }) => (records: TestAttributes[], headers: Record<string, string> = {}) => {
    return exportOtlp(`${gateway.url}/v1/logs`, logsOf(records), headers)
  })

const [OPEN, SEND] = ['POST /mcp/sessions', 'POST /signals/events/batch']

test('a session is opened once, and remembered', async ({ core, send }) => {
  const stored = storeSessions(core)
  for (const id of ['e-1', 'e-2', 'e-3']) await send([{ session: 's-1', id }])
  expect(stored.calls).toEqual([OPEN, SEND, SEND, SEND])
  expect(stored.events.map(({ event_id }) => event_id)).toEqual(['e-1', 'e-2', 'e-3'])
})

test('a remembered session that Core no longer knows is opened again', async ({ core, send }) => {
  const stored = storeSessions(core)
  await send([{ session: 's-2', id: 'e-1' }])
  stored.forget()
  expect(await send([{ session: 's-2', id: 'e-2' }])).toMatchObject({ status: 200, partialSuccess: undefined })
  expect(stored.calls).toEqual([OPEN, SEND, SEND, OPEN, SEND])
  expect(stored.events).toMatchObject([{ event_id: 'e-1' }, { event_id: 'e-2', session_id: 'ses_2' }])
})

test('also if Core answers 404', async ({ core, send }) => {
  storeSessions(core)
  await send([{ session: 's-3', id: 'e-1' }])
  let asked = 0
  const stored = storeSessions(core, (request, response, attempt) => {
    if (request.url !== '/signals/events/batch' || asked++ > 0) return false
    reply(404, { detail: 'no such session' })(request, response, attempt)
    return true
  })
  expect(await send([{ session: 's-3', id: 'e-2' }])).toMatchObject({ status: 200, partialSuccess: undefined })
  expect(stored.calls).toEqual([SEND, OPEN, SEND])
})

test('a session that is unknown although it was just opened fails the request, which the exporter repeats', async ({
  core,
  send,
}) => {
  const stored = storeSessions(core, (request, response, attempt) => {
    if (request.url !== '/signals/events/batch') return false
    reply(404, { detail: 'no such session' })(request, response, attempt)
    return true
  })
  expect(await send([{ session: 's-4', id: 'e-1' }])).toMatchObject({ status: 503 })
  expect(stored.calls).toEqual([OPEN, SEND])
})

test('the working directory names the project', async ({ core, send }) => {
  const stored = storeSessions(core)
  await send([{ session: 's-5', id: 'e-1', cwd: '/home/ada/shop' }])
  expect(JSON.parse(core.seen[0]?.text ?? '')).toEqual({
    workspace_id: 'ws-1',
    workspace_root: '/home/ada/shop',
    create_if_missing: true,
  })
  expect([...stored.sessions.values()]).toMatchObject([{ project_id: 'prj_1' }])
})

test('a session whose project Core rejects has none', async ({ core, send }) => {
  const stored = storeSessions(core, (request, response, attempt) => {
    if (request.url !== '/projects/resolve') return false
    reply(422, { detail: 'not a path' })(request, response, attempt)
    return true
  })
  expect(await send([{ session: 's-6', id: 'e-1', cwd: 'nowhere' }])).toMatchObject({ status: 200 })
  expect([...stored.sessions.values()]).toEqual([expect.not.objectContaining({ project_id: expect.anything() })])
})

describe('the end of a session', () => {
  test('is set after its events are stored', async ({ core, send }) => {
    const stored = storeSessions(core)
    await send([
      { session: 's-7', id: 'e-1' },
      { session: 's-7', end: 'completed' },
    ])
    expect(stored.calls).toEqual([OPEN, SEND, 'PATCH /mcp/sessions/ses_1'])
    expect(stored.updates).toEqual([{ session_id: 'ses_1', status: 'completed', end_time: '2026-03-02T09:04:11.250Z' }])
  })

  test('alone, of a session that Core has lost: it is opened again', async ({ core, send }) => {
    const stored = storeSessions(core)
    await send([{ session: 's-8', id: 'e-1' }])
    stored.forget()
    expect(await send([{ session: 's-8', end: 'failed' }])).toMatchObject({ status: 200, partialSuccess: undefined })
    expect(stored.updates).toEqual([{ session_id: 'ses_2', status: 'failed' }])
  })

  test('that Core rejects is a warning: the events are stored', async ({ core, send }) => {
    const stored = storeSessions(core, (request, response, attempt) => {
      if (request.method !== 'PATCH') return false
      reply(422, { detail: 'end_time precedes start_time' })(request, response, attempt)
      return true
    })
    const answer = await send([{ session: 's-9', id: 'e-1', end: 'completed' }])
    expect(answer.status).toBe(200)
    expect(answer.partialSuccess).toEqual({
      rejected: 0,
      errorMessage: 'All records were stored: end_time precedes start_time',
    })
    expect(stored.events).toHaveLength(1)
  })
})

test('callers share no remembered session', async ({ core }) => {
  const keys = await writeKeysFile(['ws-1'])
  const gateway = await startTestGateway(core, { auth: { apiKeysFile: keys.path }, agentSources: [testSource] })
  const stored = storeSessions(core)
  const logs = logsOf([{ session: 's-10', id: 'e-1' }])
  for (const key of [KEYS.everything, KEYS.limited]) await exportOtlp(`${gateway.url}/v1/logs`, logs, bearer(key))
  expect(stored.calls).toEqual([OPEN, SEND, OPEN, SEND])
  expect(stored.events).toHaveLength(1)
  await gateway.close()
  await keys.remove()
})

test('an idempotency key of the caller stands for none of the calls', async ({ core, send }) => {
  const stored = storeSessions(core)
  await send([{ session: 's-11', id: 'e-1' }], { 'idempotency-key': 'mine' })
  expect(stored.events).toHaveLength(1)
  const keys = core.seen.map(({ headers }) => headers['idempotency-key'])
  expect(new Set(keys).size).toBe(2)
  expect(keys).not.toContain('mine')
})

test('logs and spans of a new session that arrive at the same time belong to one session', async ({
  core,
  gateway,
}) => {
  const stored = storeSessions(core)
  const answers = await Promise.all([
    exportOtlp(`${gateway.url}/v1/logs`, logsOf([{ session: 's-20', id: 'log' }])),
    exportOtlp(`${gateway.url}/v1/traces`, spansOf([{ session: 's-20', id: 'span' }])),
  ])
  expect(answers).toMatchObject([{ status: 200 }, { status: 200 }])
  expect(stored.sessions.size).toBe(1)
  expect(stored.events.map(({ event_id }) => event_id).sort()).toEqual(['log', 'span'])
})
