import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { idsIn } from '../../server/tests/support/event-core.ts'
import { type ScriptedCore, startScriptedCore } from '../../server/tests/support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../../server/tests/support/test-gateway.ts'
import { createGatewayClient, type GatewayError, openSession, type SessionOptions } from '../src/index.ts'
import { type Intermediary, startIntermediary } from './intermediary.ts'
import { recordingCore } from './recording-core.ts'

const EVENTS = ['e0', 'e1', 'e2']
const BATCH = /ingestBatch/
const ANY = /./

const html = (status: number) => [status, 'text/html', '<!doctype html><title>Sign in</title>'] as const
const json = (status: number, body: unknown) => [status, 'application/json', JSON.stringify(body)] as const
const data = (value: unknown) => json(200, { result: { data: { json: value } } })
const accepted = (...ids: string[]) => ids.map((event_id) => ({ event_id, status: 'accepted' }))
const problem = { code: 'FORBIDDEN', retryable: false }

type ForeignResponse = readonly [status: number, type: string, body: string]

/** What no gateway answers with, whatever was asked. */
const FOREIGN: [string, ForeignResponse][] = [
  ['404 as text', [404, 'text/plain', '404 page not found\n']],
  ['a captive portal', html(200)],
  ['401 as HTML', html(401)],
  ['403 as HTML', html(403)],
  ['413 as HTML', html(413)],
  ['429 as HTML', html(429)],
  ['an empty 200', [200, 'text/plain', '']],
  ['an empty 200 that claims to be JSON', [200, 'application/json', '']],
  ['204', [204, 'text/plain', '']],
  ['JSON of another API', json(200, { hello: 'world' })],
  ['JSON that is no object', json(200, null)],
  ['JSON text', json(200, 'ok')],
  ['an empty list', json(200, [])],
  ['a list of something else', json(200, [1, 2])],
  ['403 of a cloud proxy', json(403, { message: 'Forbidden' })],
  ['404 of FastAPI', json(404, { detail: 'Not Found' })],
  ['422 of FastAPI', json(422, { detail: [{ loc: ['body'], msg: 'field required' }] })],
  ['an error of another tRPC server', json(404, { error: { json: { code: -32004, data: { code: 'NOT_FOUND' } } } })],
  ['half a problem', json(403, { error: { json: { code: -32003, message: 'no', data: problem } } })],
  ['a problem outside the envelope', json(403, problem)],
  ['a result without superjson', json(200, { result: { data: { results: accepted(...EVENTS), failed: [] } } })],
]

/** What a gateway could have sent by its form, but not in response to this batch. */
const NOT_THIS_BATCH: [string, ForeignResponse][] = [
  ['null', data(null)],
  ['another response', data({ status: 'ok' })],
  ['no failed', data({ results: accepted(...EVENTS) })],
  ['results that are no list', data({ results: {}, failed: [] })],
  ['an entry that is no object', data({ results: [...accepted(...EVENTS), null], failed: [] })],
  ['a status that is no text', data({ results: EVENTS.map((event_id) => ({ event_id, status: 1 })), failed: [] })],
  ['a failure without a text', data({ results: [], failed: EVENTS.map((event_id) => ({ event_id })) })],
  ['no event', data({ results: [], failed: [] })],
  ['only some events', data({ results: accepted('e0', 'e1'), failed: [] })],
  ['an unknown event', data({ results: accepted(...EVENTS, 'other'), failed: [] })],
  ['only unknown events', data({ results: accepted('a', 'b', 'c'), failed: [] })],
  ['an event twice', data({ results: accepted(...EVENTS, 'e1'), failed: [] })],
  ['an event as both', data({ results: accepted(...EVENTS), failed: [{ event_id: 'e1', error: 'no' }] })],
]

let core: ScriptedCore
let gateway: TestGateway
let between: Intermediary

beforeAll(async () => {
  core = await startScriptedCore()
  gateway = await startTestGateway(core, { upstream: { maxRetries: 0 } })
  between = await startIntermediary(gateway.url)
})

beforeEach(() => core.answer(recordingCore()))

afterAll(async () => {
  await between.close()
  await gateway.close()
  await core.close()
})

const options = (more: Partial<SessionOptions> = {}): SessionOptions => ({
  client_name: 'test',
  client_version: '1.0.0',
  workspace_id: 'ws',
  user_id: 'ada',
  external_session_key: 'foreign',
  ...more,
})

const intercept = (path: RegExp, [status, type, body]: ForeignResponse, times?: number) =>
  between.intercept(path, (_request, response) => response.writeHead(status, { 'content-type': type }).end(body), times)

describe.concurrent('one foreign response between recorder and gateway settles no event', () => {
  test.each([...FOREIGN, ...NOT_THIS_BATCH])('%s', async (_what, [status, type, body]) => {
    const own = await startIntermediary(gateway.url)
    const errors: unknown[] = []
    const failed: unknown[] = []
    const session = openSession(
      createGatewayClient({ url: own.url, retries: 0 }),
      options({ onError: (error) => errors.push(error), onFailed: (event) => failed.push(event) }),
    )
    own.intercept(BATCH, (_request, response) => response.writeHead(status, { 'content-type': type }).end(body))
    for (const event_id of EVENTS) session.record({ event_type: 'custom', source_type: 'ci', event_id })
    await session.flush()
    expect(own.intercepted).toBe(1)
    expect(failed).toEqual([])
    expect(session.ledger()).toMatchObject({ accepted: 3, failed: 0, pending: 0, dropped: {} })
    for (const error of errors) expect(error).toMatchObject({ name: 'GatewayError', data: { retryable: true } })
    await session.end()
    await own.close()
  })
})

describe('a call that something else answers', () => {
  test.each(FOREIGN)('%s is a failure that may pass, and says what answered', async (_what, response) => {
    intercept(ANY, response)
    const failure = createGatewayClient({ url: between.url, retries: 0 }).health.query()
    const error = await failure.then(
      () => expect.unreachable('the call succeeded'),
      (error: GatewayError) => error,
    )
    expect(error).toMatchObject({
      name: 'GatewayError',
      data: { code: 'BAD_GATEWAY', retryable: true, upstream: { status: response[0] } },
    })
    expect(error.message).toContain(between.url)
    expect(error.message).toContain(String(response[0]))
    expect(error.message).toContain(response[1])
  })

  test.each(FOREIGN)('%s once goes unseen', async (_what, response) => {
    intercept(ANY, response)
    const { status } = await createGatewayClient({ url: between.url, retries: 1 }).health.query()
    expect(status).toBe('ok')
    expect(between.intercepted).toBe(1)
  })

  test.each([
    ['the handshake', /handshake/],
    ['the session', /sessions.create/],
  ])('%s, with data of another kind, is tried again', async (_what, path) => {
    intercept(path, data({ hello: 'world' }))
    const errors: unknown[] = []
    const session = openSession(
      createGatewayClient({ url: between.url, retries: 0 }),
      options({ onError: (error) => errors.push(error) }),
    )
    await session.opened
    expect(errors).toMatchObject([{ name: 'GatewayError', data: { code: 'BAD_GATEWAY', retryable: true } }])
    await session.end()
  })

  test.each([
    ['opening', /handshake|sessions.create/],
    ['a snapshot', /state.snapshot/],
    ['the end', /sessions.update/],
  ])('%s of a session is tried again', async (_what, path) => {
    core.answer((request, response, attempt) => {
      const script = recordingCore()
      if (request.url !== '/state/session') return script(request, response, attempt)
      response.writeHead(200, { 'content-type': 'application/json' })
      const snapshot = {
        snapshot_id: 'snp_1',
        session_id: 's',
        snapshot_type: 'custom',
        created_at: '2026-03-02T09:00:00Z',
      }
      response.end(JSON.stringify(snapshot))
    })
    intercept(path, html(404))
    const session = openSession(createGatewayClient({ url: between.url }), options())
    session.snapshot('custom', {})
    await session.end()
    expect(between.intercepted).toBe(1)
  })
})

test('a foreign 413 halves a batch as one of the gateway does', async () => {
  const session = openSession(createGatewayClient({ url: between.url, retries: 0 }), options())
  intercept(BATCH, html(413))
  for (let index = 0; index < 10; index++) session.record({ event_type: 'custom', source_type: 'ci' })
  await session.flush()
  expect(session.ledger()).toMatchObject({ accepted: 10, failed: 0 })
  const batches = core.seen.filter(({ url }) => url === '/signals/events/batch')
  expect(batches.map(({ text }) => idsIn(text).length)).toEqual([5, 5])
  await session.end()
})
