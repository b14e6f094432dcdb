import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { reply, type ScriptedCore, startScriptedCore } from '../../server/tests/support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../../server/tests/support/test-gateway.ts'
import {
  type CallOptions,
  createGatewayClient,
  type GatewayClientOptions,
  openSession,
  type SessionOptions,
} from '../src/index.ts'
import { fileSpool } from '../src/node.ts'
import { recordingCore } from './recording-core.ts'

const HEALTH = { status: 'ok', uptime_seconds: 1, accepting_signals: true, last_ingest_error_at: null }

let core: ScriptedCore
let server: TestGateway
let requests: number

beforeAll(async () => {
  core = await startScriptedCore()
  server = await startTestGateway(core)
})

beforeEach(() => {
  requests = 0
  core.answer(reply(200, HEALTH))
})

afterAll(async () => {
  await server?.close()
  await core?.close()
})

const connect = (options: object = {}) =>
  createGatewayClient({
    url: server.url,
    fetch: (url, init) => {
      requests++
      return fetch(url, init)
    },
    ...options,
  } as GatewayClientOptions)

const who = {
  client_name: 'test',
  client_version: '1.0.0',
  workspace_id: 'ws',
  user_id: 'ada',
  external_session_key: 'key',
}

/** What a call rejects with, or a function throws. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  return expect.unreachable('it succeeded')
}

const refused = (path: string, message: string) => ({
  name: 'GatewayError',
  message: expect.stringContaining(`${path}: ${message}`),
  data: { code: 'BAD_REQUEST', retryable: false, issues: [{ path, message: expect.stringContaining(message) }] },
})

describe('a call', () => {
  test.each([
    [{ context: { 'idempotency-key': 'k' } }, 'context.idempotency-key', 'is not known; did you mean idempotencyKey?'],
    [{ context: { request_id: 'r' } }, 'context.request_id', 'is not known; did you mean requestId?'],
    [{ context: { colour: 'red' } }, 'context.colour', 'is not known'],
    [{ idempotencyKey: 'k' }, 'options.idempotencyKey', 'is not known'],
    [{ context: { requestId: 'a b' } }, 'context.requestId', 'must be 1 to 128 visible ASCII characters'],
    [{ context: { requestId: 'r'.repeat(129) } }, 'context.requestId', 'must be 1 to 128 visible ASCII characters'],
    [{ context: { requestId: 7 } }, 'context.requestId', 'must be 1 to 128 visible ASCII characters'],
    [{ context: { idempotencyKey: '' } }, 'context.idempotencyKey', 'must be 1 to 256 printable ASCII characters'],
    [{ context: { sessionToken: null } }, 'context.sessionToken', 'must be text'],
    [{ context: { retries: '3' } }, 'context.retries', 'must be a whole number from 0 up'],
  ])('with %j is refused before any request', async (options, path, message) => {
    const error = await failureOf(() => connect().coreHealth.query(undefined, options as CallOptions))
    expect(error).toMatchObject(refused(path, message))
    expect(requests).toBe(0)
  })
})

const UNSENDABLE = [
  'sk-live-0123\nabc',
  'sk-live-0123\r\nx: y',
  'sk-live-0123\0',
  'sk-live-0123\u2026',
  'sk-live-0123\x7f',
]

describe('a value that no header can carry', () => {
  test.each(UNSENDABLE.flatMap((secret) => [[secret, secret] as const, [secret, async () => secret] as const]))(
    'as apiKey (%j) is refused before any request, and repeated nowhere',
    async (_secret, apiKey) => {
      const error = await failureOf(() => connect({ apiKey }).health.query())
      expect(error).toMatchObject({ data: { code: 'UNAUTHORIZED', retryable: false } })
      expect(String(error)).toContain('apiKey: ')
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('sk-live')
      expect(requests).toBe(0)
    },
  )

  test.each(['requestId', 'idempotencyKey', 'sessionToken'])('as %s neither', async (name) => {
    for (const secret of UNSENDABLE) {
      const error = await failureOf(() => connect().health.query(undefined, { context: { [name]: secret } }))
      expect(error).toMatchObject({ data: { code: 'BAD_REQUEST', issues: [{ path: `context.${name}` }] } })
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('sk-live')
    }
    expect(requests).toBe(0)
  })

  test.each([null, 7, {}, ['key']])('nor %j, which an apiKey function may return', async (key) => {
    const error = await failureOf(() => connect({ apiKey: () => key }).health.query())
    expect(error).toMatchObject({ data: { code: 'UNAUTHORIZED', retryable: false } })
    expect(requests).toBe(0)
  })

  test('keeps events: the next key may be usable', async () => {
    const keys = ['a\nb']
    const client = connect({ apiKey: () => keys.shift() })
    const errors: unknown[] = []
    const script = recordingCore()
    core.answer(script)
    const session = openSession(client, { ...who, onError: (error) => errors.push(error) })
    session.record({ event_type: 'custom', source_type: 'ci' })
    await session.flush()
    expect(session.ledger()).toMatchObject({ accepted: 1, failed: 0 })
    expect(errors).toMatchObject([{ data: { code: 'UNAUTHORIZED' } }])
    await session.close()
  })
})

describe('a client', () => {
  test.each([
    [{ apikey: 'k' }, 'apikey', 'is not known; did you mean apiKey?'],
    [{ headers: {} }, 'headers', 'is not known'],
    [{ apiKey: 7 }, 'apiKey', 'must be a string or a function'],
    [{ fetch: 'fetch' }, 'fetch', 'must be a function'],
    [{ url: 'localhost:8080' }, 'url', 'must be an http or https URL'],
    [{ url: 'http://ada:hunter2@127.0.0.1:8080' }, 'url', 'must be an http or https URL without credentials'],
    [{ url: undefined, apiKey: 'k' }, 'url', 'must be an http or https URL'],
  ])('with %j is refused', async (options, path, message) => {
    const error = await failureOf(() => connect(options))
    expect(error).toMatchObject(refused(path, message))
    expect(inspect(error)).not.toContain('hunter2')
  })
})

describe('a session', () => {
  test.each([
    [{ create_project: true }, 'create_project', 'needs workspace_root'],
    [{ labels: { team: 'shop' } }, 'labels', 'needs workspace_root'],
    [{ vcs_remote_url: '' }, 'vcs_remote_url', 'needs workspace_root'],
    [{ workspace_root: '/', create_project: 'yes' }, 'create_project', 'must be true or false'],
    [{ createProject: true }, 'createProject', 'is not known; did you mean create_project?'],
    [{ project_id: 'p' }, 'project_id', 'is not known'],
    [{ max_pending: 5 }, 'max_pending', 'is not known; did you mean maxPending?'],
    [{ maxPending: 0 }, 'maxPending', 'must be a whole number from 1 up'],
    [{ maxPendingBytes: '5' }, 'maxPendingBytes', 'must be a whole number from 1 up'],
    [{ flushIntervalMs: Number.NaN }, 'flushIntervalMs', 'must be a number of milliseconds from 0 up'],
    [{ onError: 'log' }, 'onError', 'must be a function'],
    [{ signal: new AbortController().signal }, 'signal', 'is not known'],
    [{ client_name: undefined }, 'client_name', 'is required'],
    [{ user_id: '' }, 'user_id', 'must be a string'],
    [{ external_session_key: 'a\nb' }, 'external_session_key', 'must be a string'],
    [{ beforeSend: true }, 'beforeSend', 'must be a function'],
    [{ onStateChange: {} }, 'onStateChange', 'must be a function'],
    [{ spool: '.spool' }, 'spool', 'must be a Spool'],
  ])('with %j is refused before any request', async (options, path, message) => {
    const error = await failureOf(() => openSession(connect(), { ...who, ...options } as SessionOptions))
    expect(error).toMatchObject(refused(path, message))
    expect(requests).toBe(0)
  })

  test('names every fault at once', async () => {
    const options = { ...who, colour: 'red', create_project: true, maxPending: -1 } as unknown as SessionOptions
    const { message } = (await failureOf(() => openSession(connect(), options))) as Error
    expect(message).toBe(
      'colour: is not known; maxPending: must be a whole number from 1 up, or Infinity; create_project: needs workspace_root',
    )
  })
})

describe('spools', () => {
  const dir = join(tmpdir(), 'never-made')
  test.each([
    [{ maxbytes: 1 }, 'maxbytes', 'is not known; did you mean maxBytes?'],
    [{ segmentBytes: Number.NaN }, 'segmentBytes', 'must be a whole number from 1 up'],
    [{ maxBytes: 0 }, 'maxBytes', 'must be a whole number from 1 up'],
    [{ onDamage: true }, 'onDamage', 'must be a function'],
  ])('with %j are refused', async (options, path, message) => {
    expect(await failureOf(() => fileSpool(dir, options as object))).toMatchObject(refused(path, message))
  })

  test.each(['', undefined, 7])('in %j are refused', async (nowhere) => {
    expect(await failureOf(() => fileSpool(nowhere as string))).toMatchObject(refused('dir', 'must be the path'))
  })
})
