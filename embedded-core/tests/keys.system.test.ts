import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Served, serve } from '../src/serve.ts'
import { coreCaller, newEvent, newSession } from '../src/testing/requests.ts'
import { seedDataDir } from '../src/testing/seed-data-dir.ts'
import { temporaryFolder } from '../src/testing/temporary-folder.ts'
import { createTemporaryDatabase, type TemporaryDatabase } from './support/temporary-database.ts'

const postgresUrl = process.env.TEST_POSTGRES_URL
if (!postgresUrl) process.stdout.write('skipped: keys on PostgreSQL (TEST_POSTGRES_URL is not set)\n')

const home = process.cwd()
const folder = await temporaryFolder()
afterAll(async () => {
  process.chdir(home)
  await folder.remove()
})

const WINDOW = { window_start: '2026-03-02T09:00:00Z', window_end: '2026-03-02T10:00:00Z' }

describe.each([
  { engine: 'PGlite', skip: false },
  { engine: 'PostgreSQL', skip: !postgresUrl },
])('on $engine', ({ engine, skip }) => {
  describe.skipIf(skip)('', () => {
    let database: TemporaryDatabase | undefined
    let core: Served
    let call: ReturnType<typeof coreCaller>

    beforeAll(async () => {
      if (engine === 'PostgreSQL') database = await createTemporaryDatabase(postgresUrl ?? '')
      else await seedDataDir(folder.path)
      const where = { host: '127.0.0.1', port: 0, dataDir: folder.path, databaseUrl: database?.url }
      core = await serve({ ...where, apiKey: 'k', log: (line) => expect.fail(line) })
      call = coreCaller({ url: core.url, apiKey: 'k' })
    })
    afterAll(async () => {
      await core?.close(2_000)
      await database?.drop()
    })

    const makeSession = async () => (await call('POST', '/mcp/sessions', newSession())).body.session_id
    const ingest = async (...events: unknown[]) => (await call('POST', '/signals/events/batch', { events })).body

    describe('an event is identified by its session and its event_id', () => {
      test('two sessions may have an e1 each, and each resends its own safely', async () => {
        for (const session of [await makeSession(), await makeSession()]) {
          const day = ['e1', 'e2', 'e3', 'e4', 'e5', 'e6'].map((event_id) => newEvent(session, { event_id }))
          for (const status of ['accepted', 'duplicate']) {
            expect(await ingest(...day)).toEqual({
              results: day.map(({ event_id }) => ({ event_id, status })),
              failed: [],
            })
          }
        }
      })

      test('one batch with events that are new in one session and known in another', async () => {
        const [one, other] = [await makeSession(), await makeSession()]
        await ingest(newEvent(one, { event_id: 'a' }), newEvent(other, { event_id: 'b' }))
        expect(await ingest(newEvent(one, { event_id: 'b' }), newEvent(other, { event_id: 'a' }))).toMatchObject({
          results: [{ status: 'accepted' }, { status: 'accepted' }],
        })
        expect(await ingest(newEvent(one, { event_id: 'a' }), newEvent(other, { event_id: 'c' }))).toMatchObject({
          results: [{ status: 'duplicate' }, { status: 'accepted' }],
        })
      })

      test('one batch cannot hold an event_id twice, also for different sessions', async () => {
        const events = [
          newEvent(await makeSession(), { event_id: 'twice' }),
          newEvent(await makeSession(), { event_id: 'twice' }),
        ]
        expect(await call('POST', '/signals/events/batch', { events })).toMatchObject({
          status: 422,
          body: { issues: [{ path: 'events[1].event_id' }] },
        })
      })

      test('a correlation and an insight use only the events of their session', async () => {
        const [one, other] = [await makeSession(), await makeSession()]
        const edit = { event_id: 'edit', file_path: 'a.ts', timestamp: '2026-03-02T09:04:00Z' }
        const error = { event_id: 'error', event_type: 'error', file_path: 'a.ts', parent_event_id: 'edit' } as const
        await ingest(newEvent(one, edit), newEvent(one, error))
        await ingest(newEvent(other, { ...edit, file_path: 'b.ts' }), newEvent(other, error))
        const search = { error_event_id: 'error', candidate_event_ids: ['edit'] }
        const reasons = await Promise.all(
          [one, other].map(async (session_id) => {
            const { body } = await call('POST', '/errors/correlations', { session_id, ...search })
            return (body as unknown as { correlations: { reason: string }[] }).correlations[0]?.reason
          }),
        )
        expect(reasons).toEqual([
          'parent of the error, same file, file_edited, 11 s before',
          'parent of the error, file_edited, 11 s before',
        ])

        const burst = ['x1', 'x2', 'x3', 'x4', 'x5'].map((event_id) => ({ event_id, event_type: 'error' }) as const)
        for (const session of [one, other]) await ingest(...burst.map((event) => newEvent(session, event)))
        const ids = await Promise.all(
          [one, other].map(
            async (session_id) => (await call('POST', '/signals/insights', { session_id })).body[0]?.insight_id,
          ),
        )
        expect(new Set(ids).size).toBe(2)
      })
    })

    describe.each([
      { path: '/state/session', id: 'snapshot_id', body: { snapshot_type: 'custom', payload: { a: 1, b: [2] } } },
      {
        path: '/agents/performance',
        id: 'snapshot_id',
        body: { agent_id: 'a', ...WINDOW, tasks_completed: 1, tasks_failed: 0 },
      },
      {
        path: '/errors/correlations',
        id: 'correlation_id',
        body: { error_event_id: 'e', candidate_event_ids: ['e'] },
      },
    ] as const)('an idempotency key of $path', ({ path, id, body }) => {
      async function request() {
        const session_id = await makeSession()
        await ingest(newEvent(session_id, { event_id: 'e' }))
        return { session_id, ...body }
      }
      const write = (value: unknown, key: string, client?: string) =>
        call('POST', path, value, { 'idempotency-key': key, ...(client && { 'x-achilles-client': client }) })
      const idOf = ({ status, body }: { status: number; body: object }) => {
        expect(status).toBe(200)
        return (body as Record<string, string>)[id]
      }

      test('is separate for each caller', async () => {
        const value = await request()
        const [ada, bob, nobody] = [
          await write(value, '1', 'ada'),
          await write(await request(), '1', 'bob'),
          await write(value, '1'),
        ].map(idOf)
        expect(new Set([ada, bob, nobody]).size).toBe(3)
        expect(idOf(await write(value, '1', 'ada'))).toBe(ada)
        expect(idOf(await write(value, '1'))).toBe(nobody)
      })

      test('is distinct for pairs of caller and key that concatenate to the same text', async () => {
        const value = await request()
        const ids = [await write(value, 'b', 'a:'), await write(value, ':b', 'a'), await write(value, 'ab', 'x')].map(
          idOf,
        )
        expect(new Set(ids).size).toBe(3)
      })

      test('is rejected with another body', async () => {
        const value = await request()
        const first = idOf(await write(value, 'k', 'ada'))
        const others = [await request(), { ...value, ...('payload' in value ? { payload: {} } : {}) }]
        expect(await write(others[0], 'k', 'ada')).toEqual({
          status: 422,
          body: {
            detail: 'idempotency-key: was used before with another body',
            issues: [{ path: 'idempotency-key', message: 'was used before with another body' }],
          },
        })
        expect(idOf(await write(value, 'k', 'ada'))).toBe(first)
      })

      test('accepts the same JSON with another key order and whitespace', async () => {
        const value = await request()
        const first = idOf(await write(JSON.stringify(value), 'order', 'ada'))
        const reordered = JSON.stringify(Object.fromEntries(Object.entries(value).reverse()), null, 2)
        expect(idOf(await write(reordered, 'order', 'ada'))).toBe(first)
      })
    })

    test('one key can be used with every operation', async () => {
      const session_id = await makeSession()
      const headers = { 'idempotency-key': 'shared', 'x-achilles-client': 'ada' }
      const snapshot = { session_id, snapshot_type: 'custom', payload: {} }
      const work = { session_id, agent_id: 'a', ...WINDOW, tasks_completed: 1, tasks_failed: 0 }
      expect(await call('POST', '/state/session', snapshot, headers)).toMatchObject({ status: 200 })
      expect(await call('POST', '/agents/performance', work, headers)).toMatchObject({ status: 200 })
    })

    describe('order of times', () => {
      const START = '2026-03-02T10:00:00.5+01:00'

      test.each([
        ['2026-03-02T09:00:00.499Z', 422],
        ['2026-03-02T10:00:00.4999+01:00', 422],
        ['2026-03-01T23:59:59Z', 422],
        ['2026-03-02T09:00:00.5Z', 200],
        ['2026-03-02T04:00:00.501-05:00', 200],
      ])('an end_time of %s is %i', async (end_time, status) => {
        const { body } = await call('POST', '/mcp/sessions', newSession({ start_time: START }))
        const ended = await call('PATCH', `/mcp/sessions/${body.session_id}`, { status: 'completed', end_time })
        expect(ended.status).toBe(status)
        if (status === 422) {
          const message = `must not be before start_time, which is ${START}`
          expect(ended.body).toEqual({ detail: `end_time: ${message}`, issues: [{ path: 'end_time', message }] })
        }
      })

      test('a rejected end changes nothing', async () => {
        const request = newSession({ start_time: START })
        const { body } = await call('POST', '/mcp/sessions', request)
        const end_time = '2000-01-01T00:00:00Z'
        await call('PATCH', `/mcp/sessions/${body.session_id}`, { status: 'failed', end_time })
        expect((await call('POST', '/mcp/sessions', request)).body).toEqual(body)
      })

      test('an unknown session is 404, whatever its end_time', async () => {
        const state = { status: 'completed', end_time: '2026-03-02T17:30:00Z' }
        expect(await call('PATCH', '/mcp/sessions/ses_nobody', state)).toMatchObject({ status: 404 })
      })

      test('a reopened session has no end_time; creating it again changes nothing', async () => {
        const request = newSession()
        const { session_id } = (await call('POST', '/mcp/sessions', request)).body
        const patch = (state: object) => call('PATCH', `/mcp/sessions/${session_id}`, state)
        const end_time = '2026-03-02T17:30:00Z'
        expect(await patch({ status: 'completed', end_time })).toMatchObject({ body: { end_time } })
        expect(await patch({ status: 'failed' })).toMatchObject({ body: { status: 'failed', end_time } })
        expect((await call('POST', '/mcp/sessions', request)).body).toMatchObject({ status: 'failed', end_time })
        expect(await patch({ status: 'active' })).toMatchObject({ body: { status: 'active', end_time: null } })
        expect(await patch({ status: 'abandoned' })).toMatchObject({ body: { end_time: null } })
      })

      test('an active session with an end_time is rejected', async () => {
        const session_id = await makeSession()
        const state = { status: 'active', end_time: '2026-03-02T17:30:00Z' }
        expect(await call('PATCH', `/mcp/sessions/${session_id}`, state)).toMatchObject({
          status: 422,
          body: { issues: [{ path: 'end_time' }] },
        })
      })

      test.each([
        ['2026-03-02T08:59:59.999Z', 422],
        ['2026-03-02T09:00:00Z', 200],
      ])('a window_end of %s is %i', async (window_end, status) => {
        const work = { session_id: await makeSession(), agent_id: 'a', tasks_completed: 1, tasks_failed: 0 }
        const answer = await call('POST', '/agents/performance', { ...work, ...WINDOW, window_end })
        expect(answer.status).toBe(status)
        if (status === 422) expect(answer.body.issues).toMatchObject([{ path: 'window_end' }])
      })
    })
  })
})
