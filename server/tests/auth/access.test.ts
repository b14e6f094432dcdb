import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearer, KEYS, writeKeysFile } from '../support/keys-file.ts'
import { OPERATIONS, validInput } from '../support/operations.ts'
import { reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const REST = '/api/achilles/v1/mcp'
const HEALTH = { status: 'ok', uptime_seconds: 1, accepting_signals: true, last_ingest_error_at: null }

let core: ScriptedCore

beforeAll(async () => {
  core = await startScriptedCore()
})

afterAll(() => core.close())

/** Sends headers that fetch does not allow. */
function sendRaw(
  url: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, method }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.once('error', reject).end()
  })
}

describe('on loopback, without credentials', () => {
  let gateway: TestGateway

  beforeAll(async () => {
    gateway = await startTestGateway(core)
    core.answer(reply(200, HEALTH))
  })

  afterAll(() => gateway.close())

  test.each(['localhost:8080', '127.0.0.1', '[::1]:8080', 'LOCALHOST'])('the Host %s is served', async (host) => {
    expect((await sendRaw(`${gateway.url}${REST}/health`, { host })).status).toBe(200)
  })

  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example:8080',
    '0.0.0.0',
    '192.0.2.1',
    'localhost@evil.example',
  ])('the Host %s is rejected on every surface', async (host) => {
    core.answer(reply(200, HEALTH))
    for (const path of [`${REST}/health/core`, '/trpc/coreHealth', '/docs', '/openapi.json', '/livez', '/nope']) {
      const { status, text } = await sendRaw(gateway.url + path, { host })
      expect([400, 403], path).toContain(status)
      expect(text).toContain('request_id')
    }
    expect(core.seen).toEqual([])
  })

  test.each([
    ['http://localhost:3000', 200],
    ['http://127.0.0.1:5173', 200],
    ['https://evil.example', 403],
    ['null', 403],
    ['http://localhost.evil.example', 403],
    ['vscode-webview://abc', 403],
  ])('the Origin %s gives %i', async (origin, status) => {
    expect((await sendRaw(`${gateway.url}${REST}/health`, { origin })).status).toBe(status)
  })

  test('a native rejection has the shape of a tRPC error', async () => {
    const { text } = await sendRaw(`${gateway.url}/trpc/coreHealth`, { origin: 'https://evil.example' })
    expect(JSON.parse(text).error.json.data).toMatchObject({ status: 403, code: 'FORBIDDEN' })
  })

  test('every response has security headers and does not name the server software', async () => {
    for (const path of ['/livez', '/docs', '/nope', `${REST}/health`, '/trpc/health']) {
      const { headers } = await fetch(gateway.url + path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('SAMEORIGIN')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('server')).toBeNull()
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('access-control-allow-origin')).toBeNull()
    }
  })
})

describe('with API keys', () => {
  let file: Awaited<ReturnType<typeof writeKeysFile>>
  let gateway: TestGateway

  beforeAll(async () => {
    file = await writeKeysFile(['ws-a', 'ws-b'])
    gateway = await startTestGateway(core, { auth: { apiKeysFile: file.path } })
  })

  afterAll(async () => {
    await gateway.close()
    await file.remove()
  })

  test.each(OPERATIONS)(
    '$operation requires one, on every surface',
    async ({ operation, method, path, input, answer }) => {
      core.answer(reply(200, answer))
      const row = OPERATIONS.find((one) => one.operation === operation)
      const body = input && row && validInput(row)
      for (const headers of [{}, bearer('wrong'), { authorization: `Basic ${KEYS.everything}` }, bearer('')]) {
        const rest = await gateway.rest(method, path.replace('{session_id}', 's'), body, headers)
        const native = await gateway.native(operation, body, undefined, headers)
        for (const rejected of [rest, native]) {
          expect(rejected).toMatchObject({ status: 401, problem: { code: 'UNAUTHORIZED', retryable: false } })
          expect(rejected.headers.get('www-authenticate')).toMatch(/^Bearer /)
        }
      }
      expect(core.seen).toEqual([])
      const { session_id: _, ...withoutId } = body ?? {}
      const restBody = path.includes('{') ? withoutId : body
      expect(
        (await gateway.rest(method, path.replace('{session_id}', 's'), restBody, bearer(KEYS.everything))).status,
      ).toBe(200)
      expect((await gateway.native(operation, body, undefined, bearer(KEYS.everything))).status).toBe(200)
      expect(core.seen.map(({ headers }) => headers['x-achilles-client'])).toEqual(['everything', 'everything'])
      expect(core.seen.map(({ headers }) => headers['x-achilles-workspaces'])).toEqual([undefined, undefined])
    },
  )

  test('the gateway’s own health, probes and documents need no credentials, whatever the Host', async () => {
    for (const path of ['/livez', '/readyz', '/docs', '/openapi.json', '/trpc/health', `${REST}/health`]) {
      expect((await sendRaw(gateway.url + path, { host: 'gateway.example' })).status, path).toBe(200)
    }
  })

  test('the body of an unauthenticated caller is not read', async () => {
    const response = await gateway.rest('POST', '/sessions', 'x'.repeat(6 * 1024 * 1024))
    expect(response.status).toBe(401)
  })

  const event = (id: string, workspace_id?: string) => ({
    event_id: id,
    event_type: 'error',
    source_type: 'ide',
    session_id: 's',
    timestamp: '2026-03-02T09:00:00Z',
    ...(workspace_id && { workspace_id }),
  })

  test.each([
    ['projects.resolve', '/projects/resolve', { workspace_id: 'ws-x', workspace_root: '/' }, ['workspace_id']],
    ['sessions.resolve', '/sessions/resolve', { external_session_key: 'k', workspace_id: 'ws-ab' }, ['workspace_id']],
    ['signals.ingest', '/signals/events', event('1', 'ws-x'), ['events[0].workspace_id']],
    [
      'signals.ingestBatch',
      '/signals/events/batch',
      { events: [event('1', 'ws-a'), event('2', 'ws-x'), event('3'), event('4', 'WS-A')] },
      ['events[1].workspace_id', 'events[3].workspace_id'],
    ],
  ])('a limited principal has no access to other workspaces through %s', async (operation, path, body, paths) => {
    core.answer(reply(200, { results: [], failed: [] }))
    const rest = await gateway.rest('POST', path, body, bearer(KEYS.limited))
    const native = await gateway.native(operation, body, undefined, bearer(KEYS.limited))
    for (const { status, problem } of [rest, native]) {
      expect(status).toBe(403)
      expect(problem).toMatchObject({ code: 'FORBIDDEN', issues: paths.map((at) => ({ path: at })) })
    }
    expect(core.seen).toEqual([])
  })

  test('events of its workspaces are forwarded with its limits', async () => {
    core.answer(reply(200, { results: [], failed: [] }))
    const body = { events: [event('1', 'ws-a'), event('2', 'ws-b'), event('3')] }
    expect((await gateway.rest('POST', '/signals/events/batch', body, bearer(KEYS.limited))).status).toBe(200)
    expect(core.seen[0]?.headers).toMatchObject({
      'x-achilles-client': 'limited',
      'x-achilles-workspaces': 'ws-a,ws-b',
    })
  })

  test('no key or bearer token is logged or returned', async () => {
    core.answer(reply(500, { detail: 'down' }))
    const canary = 'canary-7c1f'
    for (const headers of [
      bearer(canary),
      { ...bearer(KEYS.everything), 'x-mcp-session-token': canary, cookie: canary },
    ]) {
      for (const body of [
        { events: [event(canary)] },
        `{"${canary}":`,
        { events: [{ ...event('1'), timestamp: canary }] },
      ]) {
        const rest = await gateway.rest('POST', '/signals/events/batch', body, headers)
        expect(rest.text).not.toContain(canary)
        expect([...rest.headers.values()].join()).not.toContain(canary)
      }
    }
    expect(gateway.log.join('')).not.toMatch(/canary|ach_|core-key/)
  })
})

describe('cross-origin', () => {
  test('a page of an allowed origin gets CORS headers, another does not', async () => {
    const gateway = await startTestGateway(core, { auth: { open: true, corsOrigins: ['https://ide.example'] } })
    core.answer(reply(200, HEALTH))
    const preflight = await fetch(`${gateway.url}${REST}/sessions`, {
      method: 'OPTIONS',
      headers: { origin: 'https://ide.example', 'access-control-request-method': 'POST' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://ide.example')
    expect(preflight.headers.get('access-control-allow-headers')).toContain('idempotency-key')
    const [allowed, other] = await Promise.all(
      ['https://ide.example', 'https://evil.example'].map((origin) =>
        fetch(`${gateway.url}/livez`, { headers: { origin } }),
      ),
    )
    expect(allowed?.headers.get('access-control-allow-origin')).toBe('https://ide.example')
    expect(other?.headers.get('access-control-allow-origin')).toBeNull()
    await gateway.close()
  })
})

describe('the rate', () => {
  test('over the rate a caller gets 429 with Retry-After on every surface', async () => {
    const gateway = await startTestGateway(core, { auth: { ratePerMinute: 5 } })
    core.answer(reply(200, HEALTH))
    for (let left = 4; left >= 0; left--) {
      const { status, headers } = await gateway.rest('GET', '/health/core')
      expect(status).toBe(200)
      expect(headers.get('ratelimit')).toMatch(new RegExp(`^"default";r=${left};t=\\d+$`))
      expect(headers.get('ratelimit-policy')).toBe('"default";q=5;w=60')
    }
    for (const rejected of [await gateway.rest('GET', '/health/core'), await gateway.native('coreHealth')]) {
      expect(rejected).toMatchObject({ status: 429, problem: { code: 'TOO_MANY_REQUESTS', retryable: true } })
      expect(Number(rejected.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(rejected.headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/)
    }
    expect(core.seen).toHaveLength(5)
    expect((await fetch(`${gateway.url}/livez`)).status).toBe(200)
    await gateway.close()
  })

  test('a native batch counts its calls', async () => {
    const gateway = await startTestGateway(core, { auth: { ratePerMinute: 5 } })
    const response = await fetch(`${gateway.url}/trpc/health,health,health,health?batch=1`)
    expect(response.headers.get('ratelimit')).toMatch(/^"default";r=1;/)
    const rejected = await fetch(`${gateway.url}/trpc/health,health?batch=1`)
    expect(rejected.status).toBe(429)
    expect(await rejected.json()).toHaveLength(2)
    await gateway.close()
  })

  const redisUrl = process.env.TEST_REDIS_URL
  if (!redisUrl) process.stdout.write('TEST_REDIS_URL is not set: the shared rate is not tested\n')

  test.runIf(redisUrl)('is shared by replicas with the same Redis', async () => {
    const { Redis } = await import('ioredis')
    const redis = new Redis(redisUrl ?? '')
    await redis.del('achilles-rate:address 127.0.0.1')
    const auth = { ratePerMinute: 6, redisUrl }
    const replicas = await Promise.all([startTestGateway(core, { auth }), startTestGateway(core, { auth })])
    const statuses = []
    for (let call = 0; call < 4; call++)
      for (const replica of replicas) statuses.push((await replica.rest('GET', '/health')).status)
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429, 429])
    await Promise.all(replicas.map((replica) => replica.close()))
    await redis.del('achilles-rate:address 127.0.0.1')
    redis.disconnect()
  })

  test('is counted in memory if Redis cannot be reached, logged once', async () => {
    const gateway = await startTestGateway(core, { auth: { ratePerMinute: 3, redisUrl: 'redis://127.0.0.1:1' } })
    const statuses = []
    for (let call = 0; call < 5; call++) statuses.push((await gateway.rest('GET', '/health')).status)
    expect(statuses).toEqual([200, 200, 200, 429, 429])
    await expect.poll(() => gateway.log.filter((line) => line.includes('Redis is unavailable')).length).toBe(1)
    await gateway.close()
  })
})
