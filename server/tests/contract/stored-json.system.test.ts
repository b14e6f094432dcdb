import { randomUUID } from 'node:crypto'
import { parseJson, stringifyJson } from '@achilles/mcp-contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EmbeddedCore, startEmbeddedCore } from '../../../embedded-core/src/embedded-core.ts'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { temporaryFolder } from '../../../embedded-core/src/testing/temporary-folder.ts'
import {
  createTemporaryDatabase,
  type TemporaryDatabase,
} from '../../../embedded-core/tests/support/temporary-database.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const { TEST_POSTGRES_URL: postgresUrl } = process.env
if (!postgresUrl) process.stdout.write('stored JSON: not tried on PostgreSQL, TEST_POSTGRES_URL is not set\n')

/** JSON objects that are difficult to store or to read back. */
const OBJECTS = [
  '{"a":1e400}',
  '{"a":-1e400,"b":[1e401,{"c":1E+999}]}',
  '{"a":1e-400,"b":-1e-999}',
  `{"a":${'9'.repeat(401)}}`,
  `{"a":-${'9'.repeat(5_000)}}`,
  '{"a":0.1234567890123456789012,"b":0.12345678901234567}',
  '{"a":12345678901234567890,"b":9007199254740993}',
  String.raw`{"a":"\ud800","b\ud801":"\udc00\ud800"}`,
  String.raw`{"a":"\u0000","\u0000":1}`,
  String.raw`{"a":"\u001f,\u001e","b":"\\\"/"}`,
  '{"constructor":{"prototype":[12345678901234567890]},"toJSON":1}',
  '{"":{"":[]}}',
]

const event = (session_id: string, more: object) => ({
  event_id: randomUUID(),
  event_type: 'test_run',
  source_type: 'ci',
  session_id,
  timestamp: '2026-03-02T09:00:00Z',
  ...more,
})

describe.each([
  ['PGlite', true],
  ['PostgreSQL', postgresUrl !== undefined],
])('JSON stored by the embedded Core on %s', (engine, isThere) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let database: TemporaryDatabase | undefined
  let core: EmbeddedCore
  let gateway: TestGateway

  beforeAll(async () => {
    if (!isThere) return
    folder = await temporaryFolder()
    if (engine === 'PGlite') await seedDataDir(folder.path)
    database = engine === 'PostgreSQL' ? await createTemporaryDatabase(postgresUrl as string) : undefined
    core = await startEmbeddedCore({
      dataDir: folder.path,
      ...(database && { databaseUrl: database.url }),
      log: () => {},
      execArgv: ['--import', 'tsx'],
    })
    gateway = await startTestGateway(core)
  }, 120_000)

  afterAll(async () => {
    if (!isThere) return
    await gateway.close()
    await core.stop()
    await database?.drop()
    await folder.remove()
  })

  const surfaces = ['rest', 'native', 'mcp'] as const
  const create = (surface: (typeof surfaces)[number], input: string): Promise<Answer> =>
    surface === 'rest'
      ? gateway.rest('POST', '/sessions', input)
      : gateway[surface]('sessions.create', rawInput(surface, input))
  // A native input is passed as a value, which the test gateway serializes into the envelope.
  const rawInput = (surface: string, input: string) => (surface === 'native' ? parseJson(input) : input)

  const named = OBJECTS.map((object) => [object.slice(0, 60), object] as const)
  test.runIf(isThere).each(named)('can be read back over every surface: %s', async (_, object) => {
    for (const surface of surfaces) {
      const opening = {
        external_session_key: randomUUID(),
        user_id: 'ada',
        workspace_id: 'w',
        start_time: '2026-03-02T09:00:00Z',
      }
      const input = stringifyJson(opening).replace(/\}$/, `,"tags":["\\u0000\\ud800"],"config_snapshot":${object}}`)
      // Twice: the second call returns the stored session.
      for (let time = 0; time < 2; time++) {
        const { status, text } = await create(surface, input)
        expect(status, text).toBe(200)
      }
      const rest = await gateway.rest('POST', '/sessions/resolve', {
        external_session_key: opening.external_session_key,
      })
      expect(rest.text).toContain(`"config_snapshot":${stringifyJson(parseJson(object))}`)
      const { session_id } = (rest.value as { session: { session_id: string } }).session
      for (const other of ['native', 'mcp'] as const) {
        const { status, text } = await gateway[other]('sessions.resolve', {
          external_session_key: opening.external_session_key,
        })
        expect(status, text).toBe(200)
      }
      const batch = stringifyJson({ events: [event(session_id, {})] }).replace(
        '}]}',
        `,"payload":${object},"metadata_":${object},"agent_metadata":${object}}]}`,
      )
      const sent = await gateway.rest('POST', '/signals/events/batch', batch)
      expect(sent.text).toContain('accepted')
      const snapshot = `{"session_id":"${session_id}","snapshot_type":"custom","payload":${object}}`
      expect((await gateway.rest('POST', '/state/session', snapshot)).status).toBe(200)
      for (const read of [
        await gateway.rest('POST', '/signals/insights', { session_id }),
        await gateway.native('signals.insights', { session_id }),
        await gateway.mcp('signals.insights', { session_id }),
        await gateway.native('sessions.update', { session_id, status: 'completed' }),
      ]) {
        expect(read.status, read.text).toBe(200)
      }
    }
  })

  test
    .runIf(isThere)
    .each([
      '2026-03-02t09:00:00z',
      '2026-03-02t10:00:00.250+01:00',
      '2024-02-29T00:00:00Z',
      '0000-02-29T00:00:00Z',
      '9999-12-31T23:59:59-23:59',
      '0000-01-01T00:00:00+23:59',
      `2026-03-02T09:00:00.${'123456789'.repeat(7)}z`,
      '2026-03-02T09:00:00-00:00',
    ])('the time %s is stored character for character, and can be queried', async (time) => {
    const opening = { external_session_key: randomUUID(), user_id: 'ada', workspace_id: 'w', start_time: time }
    const { text, value } = await gateway.rest('POST', '/sessions', opening)
    expect(text).toContain(`"start_time":"${time}"`)
    const { session_id } = value as { session_id: string }
    const errors = Array.from({ length: 5 }, () => event(session_id, { event_type: 'error', timestamp: time }))
    expect(await gateway.rest('POST', '/signals/events/batch', { events: errors })).toMatchObject({ status: 200 })
    const insights = await gateway.rest('POST', '/signals/insights', { session_id })
    expect(insights).toMatchObject({ status: 200, value: [{ title: 'Burst of errors' }] })
    const since = await gateway.rest('POST', '/signals/insights', { session_id, since: time })
    expect(since).toMatchObject({ status: 200, value: Date.parse(time.toUpperCase()) > Date.now() ? [] : [{}] })
  })
})
