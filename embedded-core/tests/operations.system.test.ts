import {
  EventBatchResponse,
  InsightOut,
  MCPAgentPerformanceResponse,
  MCPErrorCorrelationResponse,
  MCPHandshakeResponse,
  MCPHealthResponse,
  MCPSessionSnapshotResponse,
  ProjectResolveResponse,
  SessionOut,
} from '@achilles/mcp-contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Served, serve } from '../src/serve.ts'
import { coreCaller, newEvent, newSession } from '../src/testing/requests.ts'
import { temporaryFolder } from '../src/testing/temporary-folder.ts'

const folder = await temporaryFolder()
const home = process.cwd()
const apiKey = 'the-key'
const lines: string[] = []
let served: Served
let core: { url: string; apiKey: string }
let call: ReturnType<typeof coreCaller>

// In this process, so that coverage counts it; process.system.test.ts tests the child process.
beforeAll(async () => {
  const dataDir = `${folder.path}/made/on demand`
  const where = { host: '127.0.0.1', port: 0, dataDir, databaseUrl: undefined }
  served = await serve({ ...where, apiKey, log: (line) => lines.push(line) })
  core = { url: served.url, apiKey }
  call = coreCaller(core)
})

afterAll(async () => {
  await served.close(2_000)
  process.chdir(home)
  await folder.remove()
})

async function makeSession(with_ = {}): Promise<string> {
  const { status, body } = await call('POST', '/mcp/sessions', newSession(with_))
  expect(status).toBe(200)
  return body.session_id
}

async function ingest(...events: unknown[]) {
  const { status, body } = await call('POST', '/signals/events/batch', { events })
  expect(status).toBe(200)
  return EventBatchResponse.parse(body)
}

describe('authentication and invalid requests', () => {
  test.each([
    ['no key', {}],
    ['a wrong key', { authorization: 'Bearer wrong' }],
    ['another scheme', { authorization: 'Basic wrong' }],
  ])('%s is 401', async (_, headers) => {
    const response = await fetch(`${core.url}/mcp/health`, { headers })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(await response.json()).toEqual({ detail: expect.any(String) })
  })

  test('an unknown path is 404', async () => {
    expect(await call('GET', '/nowhere')).toEqual({ status: 404, body: { detail: 'Not Found' } })
  })

  test('a body that is not JSON is 400', async () => {
    expect(await call('POST', '/mcp/sessions', '{"a":')).toMatchObject({ status: 400, body: { detail: /JSON/ } })
  })

  test('a body that does not match the schema is 422 with every issue and its path', async () => {
    const events = [newEvent('ses_1'), { ...newEvent('ses_1'), timestamp: 'yesterday', duration_ms: '5', new: 1 }]
    const { status, body } = await call('POST', '/signals/events/batch', { events })
    expect(status).toBe(422)
    expect(body.detail).toEqual(expect.any(String))
    expect(body.issues.map((issue: { path: string }) => issue.path).sort()).toEqual([
      'events[1].duration_ms',
      'events[1].new',
      'events[1].timestamp',
    ])
  })

  test('a body over the limit is 413', async () => {
    const body = `"${'x'.repeat(64 * 1024 * 1024)}"`
    expect(await call('POST', '/state/session', body)).toMatchObject({ status: 413 })
  })
})

test('health', async () => {
  const { status, body } = await call('GET', '/mcp/health')
  expect(status).toBe(200)
  expect(MCPHealthResponse.parse(body)).toMatchObject({
    status: 'ok',
    accepting_signals: true,
    last_ingest_error_at: null,
  })
})

test('handshake', async () => {
  const request = { client_name: 'test', client_version: '1', workspace_id: 'ws-1' }
  const first = await call('POST', '/mcp/handshake', request)
  const second = await call('POST', '/mcp/handshake', request)
  expect(MCPHandshakeResponse.parse(first.body)).toEqual({
    server_name: 'achilles-embedded-core',
    server_version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    mcp_session_token: expect.stringMatching(/^mst_.{32}$/),
    preferred_batch_size: 200,
    max_payload_bytes: 16777216,
    features: { insights: true, snapshots: true, error_correlation: true, agent_performance: true },
  })
  expect(second.body.mcp_session_token).not.toBe(first.body.mcp_session_token)
})

describe('sessions', () => {
  test('a session is returned exactly as it was sent', async () => {
    const config_snapshot = {
      big: 12345678901234567890n,
      negative: -98765432109876543210n,
      nul: 'a\u0000b',
      surrogate: '\ud800 and \udc00',
      text: 'Grüße 🚀 "\\',
      empty: {},
      '': [null, true, 1.5],
    }
    const request = newSession({ project_id: 'prj_7', tags: ['a', '\u0000\ud800'], config_snapshot })
    const { body } = await call('POST', '/mcp/sessions', request)
    expect(SessionOut.parse(body)).toEqual({
      ...request,
      session_id: expect.stringMatching(/^ses_[0-9a-f]{24}$/),
      status: 'active',
      end_time: null,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
      updated_at: expect.stringMatching(/Z$/),
    })
    const { external_session_key } = request
    expect((await call('POST', '/mcp/sessions/resolve', { external_session_key })).body).toEqual({
      found: true,
      session: body,
    })
  })

  test('a response keeps every digit', async () => {
    const text = JSON.stringify({ ...newSession(), config_snapshot: { n: 0 } }).replace(
      '"n":0',
      '"n":12345678901234567890,"f":0.1234567890123456789012,"e":1e400',
    )
    const response = await fetch(`${core.url}/mcp/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${core.apiKey}` },
      body: text,
    })
    expect(await response.text()).toContain(
      '"config_snapshot":{"n":12345678901234567890,"f":0.1234567890123456789012,"e":1e400}',
    )
  })

  test('the same key in the same workspace is the same session, unchanged, also concurrently', async () => {
    const request = newSession({ tags: ['first'] })
    const answers = await Promise.all(Array.from({ length: 8 }, () => call('POST', '/mcp/sessions', request)))
    const again = await call('POST', '/mcp/sessions', { ...request, tags: ['second'], user_id: 'bob' })
    for (const { body } of answers) expect(body).toEqual(again.body)
    expect(again.body).toMatchObject({ tags: ['first'], user_id: 'ada', project_id: null, config_snapshot: null })
  })

  test('two keys with lone surrogates are two sessions', async () => {
    const keys = ['\ud800', '\ud801', '\ufffd', '"\\ud800"', '"'].map((key) => `${key}`)
    const ids = await Promise.all(keys.map((external_session_key) => makeSession({ external_session_key })))
    expect(new Set(ids).size).toBe(keys.length)
    for (const external_session_key of keys) {
      const { body } = await call('POST', '/mcp/sessions/resolve', { external_session_key })
      expect(body.session?.external_session_key).toBe(external_session_key)
    }
  })

  test('a status can be set repeatedly', async () => {
    const session_id = await makeSession()
    const state = { status: 'completed', end_time: '2026-03-02T17:30:00.123456+02:00' }
    const first = await call('PATCH', `/mcp/sessions/${session_id}`, state)
    const second = await call('PATCH', `/mcp/sessions/${session_id}`, { status: 'completed' })
    expect(first).toMatchObject({ status: 200, body: { ...state, session_id } })
    expect(first.body.updated_at > first.body.created_at).toBe(true)
    expect(second.body).toEqual({ ...first.body, updated_at: expect.any(String) })
    expect(second.body.updated_at > first.body.updated_at).toBe(true)
  })

  test('an unknown session is 404, a session_id in the body an unknown key', async () => {
    const state = { status: 'completed' }
    expect(await call('PATCH', '/mcp/sessions/ses_%41', state)).toEqual({
      status: 404,
      body: { detail: 'session ses_A is unknown' },
    })
    expect(await call('PATCH', '/mcp/sessions/ses_1', { ...state, session_id: 'ses_1' })).toMatchObject({ status: 422 })
    expect(await call('PATCH', '/mcp/sessions/a%00b', state)).toMatchObject({ status: 422 })
  })

  test('of several sessions with one key, the newest that matches the filters is resolved', async () => {
    const { external_session_key } = newSession()
    const here = await makeSession({ external_session_key, workspace_id: 'ws-here' })
    const there = await makeSession({ external_session_key, workspace_id: 'ws-there', user_id: 'bob' })
    const resolve = async (with_ = {}) =>
      (await call('POST', '/mcp/sessions/resolve', { external_session_key, ...with_ })).body.session?.session_id
    expect(await resolve()).toBe(there)
    expect(await resolve({ workspace_id: 'ws-here' })).toBe(here)
    expect(await resolve({ user_id: 'ada' })).toBe(here)
    expect(await resolve({ user_id: 'ada', workspace_id: 'ws-there' })).toBeUndefined()
    expect((await call('POST', '/mcp/sessions/resolve', { external_session_key: 'none' })).body).toEqual({
      found: false,
      session: null,
    })
  })
})

test('projects are created once, and only with create_if_missing', async () => {
  const request = {
    workspace_id: 'ws-\u00e9',
    workspace_root: '/home/ada/\u0000',
    vcs_remote_url: 'git@x:shop/cart.git',
  }
  expect(await call('POST', '/projects/resolve', request)).toMatchObject({ status: 404 })
  const making = { ...request, labels: { team: 'payments' }, create_if_missing: true }
  const answers = await Promise.all(Array.from({ length: 5 }, () => call('POST', '/projects/resolve', making)))
  const projects = answers.map(({ body }) => ProjectResolveResponse.parse(body))
  expect(projects.filter((project) => project.created)).toHaveLength(1)
  expect(new Set(projects.map((project) => project.project_id)).size).toBe(1)
  expect((await call('POST', '/projects/resolve', request)).body).toEqual({
    project_id: projects[0]?.project_id,
    canonical_name: 'cart',
    created: false,
    tags: [],
  })
})

describe('events', () => {
  test('are stored once, with results in request order', async () => {
    const session_id = await makeSession()
    const [a, b, c] = [newEvent(session_id), newEvent(session_id), newEvent(session_id)]
    expect(await ingest(b)).toEqual({ results: [{ event_id: b.event_id, status: 'accepted' }], failed: [] })
    expect(await ingest(c, b, a)).toEqual({
      results: [
        { event_id: c.event_id, status: 'accepted' },
        { event_id: b.event_id, status: 'duplicate' },
        { event_id: a.event_id, status: 'accepted' },
      ],
      failed: [],
    })
  })

  test('of an unknown session fail, the others are stored', async () => {
    const known = newEvent(await makeSession())
    const unknown = newEvent('ses_nobody')
    expect(await ingest(unknown, known)).toEqual({
      results: [{ event_id: known.event_id, status: 'accepted' }],
      failed: [{ event_id: unknown.event_id, error: 'session ses_nobody is unknown', code: 'UNKNOWN_SESSION' }],
    })
    expect(await ingest(unknown)).toMatchObject({ results: [], failed: [{ event_id: unknown.event_id }] })
  })

  test('that several callers send concurrently are accepted from exactly one', async () => {
    const session_id = await makeSession()
    const events = Array.from({ length: 200 }, () => newEvent(session_id))
    const answers = await Promise.all([
      ingest(...events),
      ingest(...events.toReversed()),
      ingest(...events.slice(50, 150)),
      ingest(...events),
    ])
    const results = answers.flatMap((answer) => answer.results)
    expect(results).toHaveLength(700)
    const accepted = results.filter(({ status }) => status === 'accepted').map(({ event_id }) => event_id)
    expect(accepted.sort()).toEqual(events.map(({ event_id }) => event_id).sort())
  })

  test('may hold any text, number and time that the contract allows', async () => {
    const session_id = await makeSession()
    const free = { nul: '\u0000\u001f', surrogate: '\udfff', big: 12345678901234567890n }
    const odd = ['\ud800', '"quoted"', "'$1"].map((key) => `${key}${session_id}`)
    const events = [
      newEvent(session_id, { file_path: 'a\u0000\ud800', payload: free, metadata_: free, agent_metadata: free }),
      newEvent(session_id, { timestamp: '0000-01-01T00:00:00Z', duration_ms: 0 }),
      newEvent(session_id, { timestamp: '9999-12-31T23:59:59.999999999-23:59', attribution_confidence: 1 }),
      ...odd.map((event_id) => newEvent(session_id, { event_id })),
    ]
    expect((await ingest(...events)).results.map(({ status }) => status)).toEqual(events.map(() => 'accepted'))
    expect((await ingest(...events)).results.map(({ status }) => status)).toEqual(events.map(() => 'duplicate'))
  })
})

describe('insights', () => {
  const errors = (session_id: string, count: number) =>
    Array.from({ length: count }, (_, second) =>
      newEvent(session_id, { event_type: 'error', timestamp: `2026-03-02T09:00:${String(second).padStart(2, '0')}Z` }),
    )

  test('are found by the rules, the same each time', async () => {
    const session_id = await makeSession()
    expect((await call('POST', '/signals/insights', { session_id })).body).toEqual([])
    const failedRuns = Array.from({ length: 5 }, () =>
      newEvent(session_id, { event_type: 'test_run', payload: { status: 'failed' }, duration_ms: 61_000 }),
    )
    await ingest(...errors(session_id, 12), ...failedRuns)
    const first = await call('POST', '/signals/insights', { session_id })
    expect(InsightOut.array().parse(first.body)).toMatchObject([
      { session_id, category: 'performance', severity: 'low' },
      { session_id, category: 'reliability', severity: 'high' },
    ])
    expect(first.body[1]?.payload).toEqual({ rule: 'error_burst', errors: 17, window_minutes: 5 })
    expect(await call('POST', '/signals/insights', { session_id })).toEqual(first)
  })

  test('are created when Core finds them, with microseconds that tell them apart', async () => {
    const session_id = await makeSession()
    const before = new Date().toISOString()
    const edits = ['a.ts', 'b.ts', 'c.ts'].flatMap((file_path) =>
      Array.from({ length: 10 }, () => newEvent(session_id, { file_path })),
    )
    await ingest(...edits)
    const created = (await call('POST', '/signals/insights', { session_id })).body.map(({ created_at }) => created_at)
    expect(created).toHaveLength(3)
    for (const time of created) expect(time).toMatch(/^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    expect(created).toEqual([...new Set(created)].sort().reverse())
    expect(created.every((time) => time >= before)).toBe(true)
  })

  test('an update keeps the time, and another first event makes another insight', async () => {
    const session_id = await makeSession()
    const ask = async () => (await call('POST', '/signals/insights', { session_id })).body
    await ingest(...errors(session_id, 9))
    const [found = expect.fail()] = await ask()
    await ingest(newEvent(session_id, { event_type: 'error', timestamp: '2026-03-02T09:04:00Z' }))
    expect(await ask()).toEqual([
      {
        ...found,
        severity: 'high',
        message: '10 errors within 5 minutes.',
        payload: { ...found.payload, errors: 10 },
      },
    ])
    await ingest(newEvent(session_id, { event_type: 'error', timestamp: '2026-03-02T08:59:00Z' }))
    const [moved = expect.fail(), ...others] = await ask()
    expect(others).toEqual([])
    expect(moved.insight_id).not.toBe(found.insight_id)
    expect(moved.created_at > found.created_at).toBe(true)
  })

  test('without since the newest are returned, with since the oldest, always newest first', async () => {
    const session_id = await makeSession()
    const ask = async (with_: object) => (await call('POST', '/signals/insights', { session_id, ...with_ })).body
    for (const file_path of ['1.ts', '2.ts', '3.ts', '4.ts', '5.ts']) {
      await ingest(...Array.from({ length: 10 }, () => newEvent(session_id, { file_path })))
    }
    const files = async (with_: object) =>
      (await ask(with_)).map(({ payload }) => String(payload.file_path).at(0)).join('')
    expect(await files({})).toBe('54321')
    expect(await files({ limit: 2 })).toBe('54')
    const [newest = '', , third = ''] = (await ask({})).map(({ created_at }) => created_at)
    expect(await files({ since: third })).toBe('543')
    expect(await files({ since: third, limit: 2 })).toBe('43')
    expect(await files({ since: newest })).toBe('5')
    // The same instant; and the next microsecond.
    expect(await files({ since: newest.replace('Z', '999-00:00') })).toBe('5')
    const [, start = '', microseconds = ''] = /^(.*\.\d{3})(\d{3})Z$/.exec(newest) ?? []
    expect(await files({ since: `${start}${String(Number(microseconds) + 1).padStart(3, '0')}Z` })).toBe('')
    expect(await files({ since: '0000-01-01T00:00:00+23:59' })).toBe('54321')
    expect(await files({ since: '9999-12-31T23:59:59-23:59' })).toBe('')
  })

  test('of an unknown session are 404', async () => {
    expect(await call('POST', '/signals/insights', { session_id: 'ses_nobody' })).toMatchObject({ status: 404 })
  })
})

describe('writes with an Idempotency-Key', () => {
  async function writes() {
    const session_id = await makeSession()
    const error = newEvent(session_id, { event_type: 'error', file_path: 'a.ts' })
    const edit = newEvent(session_id, { file_path: 'a.ts', timestamp: '2026-03-02T09:04:00Z' })
    await ingest(error, edit)
    const window = { window_start: '2026-03-02T09:00:00Z', window_end: '2026-03-02T10:00:00Z' }
    return [
      {
        path: '/state/session',
        schema: MCPSessionSnapshotResponse,
        id: 'snapshot_id',
        request: { session_id, snapshot_type: 'custom', payload: { nul: '\u0000', big: 12345678901234567890n } },
      },
      {
        path: '/agents/performance',
        schema: MCPAgentPerformanceResponse,
        id: 'snapshot_id',
        request: { session_id, agent_id: 'reviewer', ...window, tasks_completed: 7, tasks_failed: 1 },
      },
      {
        path: '/errors/correlations',
        schema: MCPErrorCorrelationResponse,
        id: 'correlation_id',
        request: {
          session_id,
          error_event_id: error.event_id,
          candidate_event_ids: ['nobody', edit.event_id],
          fingerprint: '\u0000',
        },
      },
    ]
  }

  test('are one write, also concurrently and with a key of any length', async () => {
    for (const { path, schema, request } of await writes()) {
      const headers = { 'idempotency-key': `${request.session_id}${'k'.repeat(5000)}` }
      const answers = await Promise.all(Array.from({ length: 4 }, () => call('POST', path, request, headers)))
      for (const answer of answers) expect(answer).toEqual(answers[0])
      expect(schema.parse(answers[0]?.body)).toMatchObject({ session_id: request.session_id })
    }
  })

  test('without a key, or with another key, are new', async () => {
    for (const { path, request, id } of await writes()) {
      const keys = [undefined, undefined, `${request.session_id}-1`, `${request.session_id}-2`]
      const ids = await Promise.all(
        keys.map(async (key) => (await call('POST', path, request, key ? { 'idempotency-key': key } : {})).body[id]),
      )
      expect(new Set(ids).size).toBe(keys.length)
    }
  })

  test('for an unknown session are 404', async () => {
    for (const { path, request } of await writes()) {
      expect(await call('POST', path, { ...request, session_id: 'ses_nobody' })).toMatchObject({ status: 404 })
    }
  })
})

test('correlations are scored and sorted; an unknown error event is 404', async () => {
  const session_id = await makeSession()
  const error = newEvent(session_id, { event_type: 'error', file_path: 'a.ts' })
  const near = newEvent(session_id, { file_path: 'a.ts', timestamp: '2026-03-02T09:04:00Z' })
  const far = newEvent(session_id, { event_type: 'custom', timestamp: '2026-03-02T08:30:00Z' })
  const foreign = newEvent(await makeSession(), { file_path: 'a.ts', timestamp: '2026-03-02T09:04:00Z' })
  await ingest(error, near, far, foreign)
  const request = {
    session_id,
    error_event_id: error.event_id,
    candidate_event_ids: [foreign.event_id, far.event_id, near.event_id, near.event_id],
  }
  const { body } = await call('POST', '/errors/correlations', request)
  expect(MCPErrorCorrelationResponse.parse(body)).toEqual({
    correlation_id: expect.any(String),
    session_id,
    error_event_id: error.event_id,
    correlations: [
      { event_id: near.event_id, score: expect.closeTo(0.699, 2), reason: 'same file, file_edited, 11 s before' },
      { event_id: far.event_id, score: expect.closeTo(0.107, 2), reason: '2051 s before' },
      { event_id: foreign.event_id, score: 0, reason: 'no such event in this session' },
    ],
  })
  expect(await call('POST', '/errors/correlations', { ...request, error_event_id: 'nobody' })).toMatchObject({
    status: 404,
  })
})

test('nothing was logged', () => {
  expect(lines).toEqual([])
})
