import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { inTurn, reply, type ScriptedCore, startScriptedCore } from '../../server/tests/support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../../server/tests/support/test-gateway.ts'
import {
  createGatewayClient,
  type Fetch,
  type GatewayClientOptions,
  GatewayError,
  isGatewayError,
} from '../src/index.ts'

const HEALTH = { status: 'ok', uptime_seconds: 1, accepting_signals: true, last_ingest_error_at: null }
const SNAPSHOT = { snapshot_id: 'snp_1', session_id: 's', snapshot_type: 'custom', created_at: '2026-03-02T09:00:00Z' }
const snapshot = { session_id: 's', snapshot_type: 'custom' as const, payload: {} }

let core: ScriptedCore
let gateway: TestGateway
let requests: { url: string; headers: Record<string, string> }[]

beforeAll(async () => {
  core = await startScriptedCore()
  gateway = await startTestGateway(core, { upstream: { maxRetries: 0 } })
})

beforeEach(() => {
  requests = []
  core.answer(reply(200, HEALTH))
})

afterAll(async () => {
  await gateway.close()
  await core.close()
})

const watchedFetch: Fetch = (url, init) => {
  requests.push({ url, headers: init.headers })
  return fetch(url, init)
}
const connect = (options: Partial<GatewayClientOptions> = {}) =>
  createGatewayClient({ url: gateway.url, fetch: watchedFetch, ...options })

/** What a call rejects with. */
const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => expect.unreachable('the call succeeded'),
    (error: unknown) => error,
  )

async function serving(listener: RequestListener, run: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

describe('requests', () => {
  test('calls of one tick travel together, twenty at most', async () => {
    const client = connect()
    await Promise.all(Array.from({ length: 45 }, () => client.health.query()))
    expect(requests).toHaveLength(3)
  })

  test('a call with a header of its own travels alone', async () => {
    const client = connect()
    await Promise.all([
      client.coreHealth.query(),
      client.coreHealth.query(undefined, { context: { requestId: 'mine' } }),
      client.coreHealth.query(undefined, { context: { sessionToken: 'mst_1' } }),
    ])
    expect(requests.map(({ headers }) => headers['x-request-id'])).toEqual(
      expect.arrayContaining(['mine', expect.stringMatching(/^[0-9a-f-]{36}$/)]),
    )
    expect(requests).toHaveLength(3)
    expect(core.seen.map(({ headers }) => headers['x-mcp-session-token']).filter(Boolean)).toEqual(['mst_1'])
  })

  test('the url may end in a slash', async () => {
    await expect(connect({ url: new URL(`${gateway.url}/`) }).health.query()).resolves.toMatchObject({ status: 'ok' })
  })

  test('the key is asked for before each request', async () => {
    let count = 0
    const client = connect({ apiKey: async () => `key-${++count}` })
    await client.health.query()
    await client.health.query()
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer key-1', 'Bearer key-2'])
  })

  test('a key that cannot be had is told as such', async () => {
    const cause = new Error('the keychain is locked')
    const error = await failureOf(
      connect({
        apiKey: () => {
          throw cause
        },
      }).health.query(),
    )
    expect(error).toMatchObject({ data: { code: 'UNAUTHORIZED', retryable: false }, cause })
    expect(String(error)).toContain('the keychain is locked')
    expect(requests).toHaveLength(0)
  })

  test('what cannot be sent is refused here', async () => {
    const payload = { constructor: 1, big: 5n }
    const error = await failureOf(connect().state.snapshot.mutate({ ...snapshot, payload }))
    expect(error).toMatchObject({ data: { code: 'BAD_REQUEST' } })
    expect(requests).toHaveLength(0)
  })

  test('dates, and numbers beyond a double, travel both ways', async () => {
    core.answer(reply(200, JSON.stringify({ ...SNAPSHOT, size: 'N' }).replace('"N"', '12345678901234567890')))
    const captured_at = new Date('2026-03-02T09:00:00Z')
    const answer = await connect().state.snapshot.mutate({
      ...snapshot,
      captured_at,
      payload: { n: 98765432109876543210n },
    })
    expect(answer).toEqual({ ...SNAPSHOT, size: 12345678901234567890n })
    expect(core.seen[0]?.text).toContain('"captured_at":"2026-03-02T09:00:00.000Z"')
    expect(core.seen[0]?.text).toContain('98765432109876543210')
  })
})

describe('a failure', () => {
  test('is a GatewayError with the whole problem', async () => {
    core.answer(reply(404, { detail: 'no such session' }))
    const error = await failureOf(
      connect().sessions.update.mutate({ session_id: 's', status: 'completed' }, { context: { requestId: 'r-1' } }),
    )
    expect(error).toBeInstanceOf(GatewayError)
    expect(isGatewayError(error)).toBe(true)
    expect(error).toMatchObject({
      name: 'GatewayError',
      message: 'no such session',
      data: { code: 'NOT_FOUND', status: 404, retryable: false, request_id: 'r-1', upstream: { status: 404 } },
    })
  })

  test('of the input names its path', async () => {
    const error = await failureOf(connect().signals.insights.query({ session_id: 's', limit: 0 }))
    expect(error).toMatchObject({ data: { code: 'BAD_REQUEST', issues: [{ path: 'limit' }] } })
    expect(requests).toHaveLength(1)
  })

  test('is known from another copy of the package too, and nothing else is', () => {
    const foreign = Object.assign(new Error('x'), { name: 'GatewayError', data: { code: 'X', retryable: true } })
    expect(isGatewayError(foreign)).toBe(true)
    for (const other of [new Error('x'), { name: 'GatewayError' }, null, undefined, 'GatewayError']) {
      expect(isGatewayError(other)).toBe(false)
    }
  })

  test('where nothing listens', async () => {
    let gone = ''
    await serving(
      () => {},
      async (url) => {
        gone = url
      },
    )
    const error = await failureOf(connect({ url: gone, retries: 0 }).health.query())
    expect(error).toMatchObject({
      message: `${gone} cannot be reached: ECONNREFUSED`,
      data: { code: 'SERVICE_UNAVAILABLE', retryable: true },
      cause: expect.any(TypeError),
    })
  })

  test.each([
    ['a page', 404, '<!doctype html>'],
    ['a proxy without a backend', 502, '<!doctype html>'],
    ['another API', 200, '{"hello":"world"}'],
    ['nothing', 200, ''],
  ])('where %s answers instead of a gateway', async (_what, status, body) => {
    await serving(
      (_request, response) => response.writeHead(status).end(body),
      async (url) => {
        const error = await failureOf(connect({ url, retries: 0 }).health.query())
        expect(error).toMatchObject({ name: 'GatewayError', data: { code: 'BAD_GATEWAY', retryable: true } })
      },
    )
  })

  test.each([
    ['hangs', () => {}],
    ['drips', (_request, response) => void setInterval(() => response.write(' '), 20).unref()],
  ] as [string, RequestListener][])('where a gateway %s, after the time given', async (_what, listener) => {
    await serving(listener, async (url) => {
      const error = await failureOf(connect({ url, retries: 0, timeoutMs: 200 }).health.query())
      expect(error).toMatchObject({ data: { code: 'GATEWAY_TIMEOUT', retryable: true } })
    })
  })

  test('where the answer breaks off', async () => {
    await serving(
      (_request, response) => response.writeHead(200, { 'content-length': '100' }).end('{', () => response.destroy()),
      async (url) => {
        const error = await failureOf(connect({ url, retries: 0 }).health.query())
        expect(error).toMatchObject({ data: { code: 'SERVICE_UNAVAILABLE', retryable: true } })
      },
    )
  })
})

describe('trying again', () => {
  const down = reply(503, { detail: 'down' })

  test('a retryable failure passes unseen; the idempotency key stays', async () => {
    core.answer(inTurn(down, down, reply(200, SNAPSHOT)))
    await expect(connect().state.snapshot.mutate(snapshot)).resolves.toEqual(SNAPSHOT)
    const keys = core.seen.map(({ headers }) => headers['idempotency-key'])
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(1)
    expect(new Set(requests.map(({ headers }) => headers['x-request-id'])).size).toBe(3)
  })

  test('two writes never share a key', async () => {
    core.answer(reply(200, SNAPSHOT))
    const client = connect()
    await Promise.all([client.state.snapshot.mutate(snapshot), client.state.snapshot.mutate(snapshot)])
    expect(new Set(core.seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(2)
  })

  test('ends after the attempts allowed', async () => {
    core.answer(down)
    const error = await failureOf(connect({ retries: 2 }).coreHealth.query())
    expect(error).toMatchObject({ data: { code: 'SERVICE_UNAVAILABLE', status: 503 } })
    expect(core.seen).toHaveLength(3)
  })

  test('waits as long as Retry-After says', async () => {
    core.answer(inTurn(reply(503, {}, { 'retry-after': '1' }), reply(200, HEALTH)))
    await connect().coreHealth.query()
    const [first, second] = core.seen
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_000)
  })

  test('a gateway that asks for too much patience is told at once', async () => {
    core.answer(reply(429, {}, { 'retry-after': '3600' }))
    expect(await failureOf(connect().coreHealth.query())).toMatchObject({ retryAfterMs: 3_600_000 })
    expect(core.seen).toHaveLength(1)
  })

  test.each([400, 403, 404, 409, 422])('not after a %i', async (status) => {
    core.answer(reply(status, {}))
    await failureOf(connect().coreHealth.query())
    expect(core.seen).toHaveLength(1)
  })
})

describe('a large body', () => {
  const large = { ...snapshot, payload: { text: 'x'.repeat(10_000) } }
  const encodings = () => requests.map(({ headers }) => headers['content-encoding'])

  beforeEach(() => core.answer(reply(200, SNAPSHOT)))

  test('is compressed, a small one is not', async () => {
    const client = connect()
    await client.state.snapshot.mutate(large)
    expect(core.seen[0]?.text).toContain('x'.repeat(10_000))
    await client.state.snapshot.mutate(snapshot)
    expect(encodings()).toEqual(['gzip', undefined])
  })

  test('is sent as it is, and later ones too, once a response says that compression is not supported', async () => {
    const refusing: Fetch = async (url, init) => {
      const response = await watchedFetch(url, init)
      return init.headers['content-encoding'] ? new Response('', { status: 415 }) : response
    }
    const client = connect({ fetch: refusing })
    for (let count = 0; count < 2; count++) await client.state.snapshot.mutate(large)
    expect(encodings()).toEqual(['gzip', undefined, undefined])
  })

  test('is sent once if the gateway cannot be reached', async () => {
    const unreachable: Fetch = async (url, init) => {
      requests.push({ url, headers: init.headers })
      throw new TypeError('fetch failed')
    }
    await failureOf(connect({ fetch: unreachable, retries: 0 }).state.snapshot.mutate(large))
    expect(encodings()).toEqual(['gzip'])
  })
})

test('a request of many calls causes no warning in the gateway’s process', async () => {
  const warnings: Error[] = []
  const collect = (warning: Error) => warnings.push(warning)
  process.on('warning', collect)
  const client = connect()
  await Promise.all(Array.from({ length: 20 }, () => client.coreHealth.query()))
  expect(requests).toHaveLength(1)
  // Warnings are emitted on the next tick.
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', collect)
  expect(warnings).toEqual([])
})

describe('hanging up', () => {
  test('ends the request, and rejects with the reason', async () => {
    let closed: () => void = () => {}
    const disconnected = new Promise<void>((resolve) => (closed = resolve))
    core.answer((_request, response) => response.once('close', closed))
    const caller = new AbortController()
    const failure = failureOf(connect().coreHealth.query(undefined, { signal: caller.signal }))
    await expect.poll(() => core.seen.length).toBe(1)
    const reason = new Error('enough')
    caller.abort(reason)
    expect(await failure).toBe(reason)
    await disconnected
    expect(requests).toHaveLength(1)
  })

  test('on one call leaves those that share its request', async () => {
    let answer: () => void = () => {}
    core.answer((request, response) => (answer = () => reply(200, HEALTH)(request, response, 1)))
    const client = connect()
    const caller = new AbortController()
    const gone = failureOf(client.health.query(undefined, { signal: caller.signal }))
    const stays = client.coreHealth.query()
    await expect.poll(() => core.seen.length).toBe(1)
    caller.abort()
    await gone
    answer()
    await expect(stays).resolves.toMatchObject({ status: 'ok' })
    expect(requests).toHaveLength(1)
  })

  test('while waiting to try again makes no further attempt', async () => {
    core.answer(reply(503, {}, { 'retry-after': '20' }))
    const caller = new AbortController()
    const failure = failureOf(connect().coreHealth.query(undefined, { signal: caller.signal }))
    await expect.poll(() => core.seen.length).toBe(1)
    caller.abort()
    await failure
    expect(core.seen).toHaveLength(1)
  })

  test('before the call sends nothing', async () => {
    await failureOf(connect().health.query(undefined, { signal: AbortSignal.abort() }))
    expect(requests).toHaveLength(0)
  })
})
