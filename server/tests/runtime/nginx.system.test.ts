import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { createGatewayClient } from '@achilles/mcp-client'
import type { Problem } from '@achilles/mcp-contract'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { idsOf, openStream } from '../support/event-stream.ts'
import { type InsightCore, startInsightCore } from '../support/insight-core.ts'
import { countStreams } from '../support/insight-gateway.ts'
import { findNginx, type NginxProxy, startNginxProxy } from '../support/nginx-proxy.ts'
import { reply, type Script, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const nginx = findNginx()
if (!nginx) process.stdout.write('skipped: the proxy before several gateways (there is no nginx, or NGINX_PATH)\n')

const UNREACHABLE = 'http://127.0.0.1:1'
const breakOff: Script = (_request, response) => response.destroy()

describe.skipIf(!nginx)('in front of scripted servers', () => {
  let gateways: [ScriptedCore, ScriptedCore, ScriptedCore]
  let proxy: NginxProxy

  beforeAll(async () => {
    gateways = await Promise.all([startScriptedCore(), startScriptedCore(), startScriptedCore()])
    const [one, two, three] = gateways
    proxy = await startNginxProxy([one.url, two.url, three.url])
  })
  beforeEach(() => answerAll(reply(200, {})))
  afterAll(async () => {
    await proxy?.stop()
    await Promise.all(gateways.map((gateway) => gateway.close()))
  })

  const answerAll = (script: Script) => {
    for (const gateway of gateways) gateway.answer(script)
  }
  const seen = () => gateways.flatMap((gateway) => gateway.seen).sort((a, b) => a.at - b.at)
  const post = (path: string, headers: Record<string, string> = {}, body = '{"a":1}') =>
    fetch(proxy.url + path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })

  /** The gateway that is called first runs this script; the others respond normally. */
  function firstDoes(script: Script): void {
    let asked = 0
    answerAll((request, response, attempt) => {
      asked += 1
      ;(asked === 1 ? script : reply(200, { ok: true }))(request, response, attempt)
    })
  }

  test.each([
    ['is killed', breakOff],
    ['drains', reply(503, {}, { connection: 'close' })],
  ])('if a gateway %s, the POST is retried at another with the same id, key and body', async (_what, script) => {
    firstDoes(script)
    expect((await post('/api/achilles/v1/mcp/state/session')).status).toBe(200)
    const [first, second, ...more] = seen()
    expect(more).toEqual([])
    expect(second?.text).toBe('{"a":1}')
    expect(second?.headers).toEqual(first?.headers)
    expect(first?.headers['idempotency-key']).toMatch(/^[0-9a-f]{32}$/)
    expect(first?.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
  })

  test.each([429, 500, 502, 504])('%i is final and forwarded', async (status) => {
    answerAll(reply(status, { status }))
    const answer = await post('/trpc/sessions.create')
    expect(answer.status).toBe(status)
    expect(await answer.json()).toEqual({ status })
    expect(seen()).toHaveLength(1)
  })

  test('a 503 of every gateway is forwarded unchanged, later after a single attempt', async () => {
    answerAll(reply(503, { code: 'SERVICE_UNAVAILABLE', upstream: {} }, { 'retry-after': '7' }))
    for (let request = 1; request <= 40; request++) {
      const answer = await post('/trpc/sessions.create')
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).toBe('7')
      expect(await answer.json()).toEqual({ code: 'SERVICE_UNAVAILABLE', upstream: {} })
    }
    expect(seen().length).toBeLessThan(80)
    // They get requests again as soon as they recover.
    answerAll(reply(200, {}))
    expect((await post('/trpc/sessions.create')).status).toBe(200)
  })

  test('the caller’s id, key, credentials, address and unchanged path reach the gateway', async () => {
    const headers = {
      'x-request-id': 'mine',
      'idempotency-key': 'once',
      authorization: 'Bearer k',
      traceparent: '00-1',
    }
    await post('/api//a%2Fb/%E2%82%AC?x=%20y&x=2', headers)
    const [{ url, headers: got } = { url: '', headers: {} }] = seen()
    expect(url).toBe('/api//a%2Fb/%E2%82%AC?x=%20y&x=2')
    expect(got).toMatchObject({ ...headers, host: new URL(proxy.url).host })
  })

  test('hop headers of callers are not forwarded', async () => {
    const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write(
      'GET /livez HTTP/1.1\r\nHost: gw.example\r\nConnection: close, x-other\r\nForwarded: for=1.1.1.1\r\n' +
        'X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n' +
        'Keep-Alive: timeout=9\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\nTE: trailers\r\n' +
        'Trailer: x\r\nUpgrade: websocket\r\n\r\n',
    )
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /)
    const [request] = seen()
    expect(request?.headers).toEqual({
      host: 'gw.example',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'gw.example',
      'x-forwarded-proto': 'http',
      'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
      'idempotency-key': expect.stringMatching(/^[0-9a-f]{32}$/),
    })
  })

  test('connections to gateways are reused', async () => {
    for (let request = 0; request < 30; request++) await (await post('/livez')).text()
    const open = gateways.map((gateway) => gateway.sockets.size)
    expect(open.reduce((a, b) => a + b)).toBeLessThanOrEqual(12)
  })

  test('the access log is JSON and has ids and paths, but no query, header or body', async () => {
    await post('/trpc/sessions.resolve?input=secret-input', {
      'x-request-id': 'log "me"',
      authorization: 'Bearer secret',
    })
    await expect
      .poll(async () => (await proxy.requests()).at(-1))
      .toMatchObject({ request_id: 'log "me"', method: 'POST', path: '/trpc/sessions.resolve', status: 200 })
    expect(JSON.stringify(await proxy.requests())).not.toMatch(/secret/)
  })
})

describe.skipIf(!nginx)('in front of gateways', () => {
  let core: ScriptedCore
  let gateway: TestGateway
  let proxy: NginxProxy

  beforeAll(async () => {
    core = await startScriptedCore()
    gateway = await startTestGateway(core, { maxBodyBytes: 1024 * 1024, upstream: { maxRetries: 0 } })
    proxy = await startNginxProxy([UNREACHABLE, gateway.url, UNREACHABLE])
  })
  afterAll(async () => {
    await proxy?.stop()
    await gateway.close()
    await core.close()
  })

  const base = () => `${proxy.url}/api/achilles/v1/mcp`

  test('the remaining gateway serves everything', async () => {
    for (let request = 0; request < 20; request++) expect((await fetch(`${base()}/health`)).status).toBe(200)
    expect(await createGatewayClient({ url: proxy.url, retries: 0 }).health.query()).toMatchObject({ status: 'ok' })
  })

  test.each([2, 16, 40])('a body of %i MiB is rejected by the gateway, not by the proxy', async (mebibytes) => {
    const body = JSON.stringify({ events: ['x'.repeat(mebibytes * 1024 * 1024)] })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${base()}/signals/events/batch`, { method: 'POST', body, headers })
    expect(answer.status).toBe(413)
    expect(await answer.json()).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      detail: expect.stringContaining('larger than the limit of'),
    })
  })

  test('over its own limit the proxy rejects with the same format', async () => {
    const body = Buffer.alloc(65 * 1024 * 1024, ' ')
    const headers = { 'content-type': 'application/json', 'x-request-id': 'mine' }
    const answer = await fetch(`${base()}/signals/events/batch`, { method: 'POST', body, headers })
    expect(answer.status).toBe(413)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('x-request-id')).toBe('mine')
    expect(await answer.json()).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', request_id: 'mine', retryable: false })
  })

  test('while Core is down, callers receive the gateway’s own responses and health', async () => {
    core.answer(breakOff)
    const { sessions, health } = createGatewayClient({ url: proxy.url, retries: 0 })
    const failures: Problem[] = []
    for (let call = 0; call < 40; call++) {
      failures.push(await sessions.resolve.query({ external_session_key: 'k' }).then(unexpected, (e) => e.data))
    }
    expect(failures.map(({ code }) => code)).toEqual(failures.map(() => 'SERVICE_UNAVAILABLE'))
    expect(failures.map(({ detail }) => detail)).not.toContain('No gateway responded.')
    expect(await health.query()).toMatchObject({ status: 'degraded' })
  })
})

describe.skipIf(!nginx)('in front of two gateways with streams', () => {
  let core: InsightCore
  let gateways: [TestGateway, TestGateway]
  let proxy: NginxProxy

  beforeAll(async () => {
    core = await startInsightCore()
    gateways = [await startTestGateway(core, { pingMs: 100 }), await startTestGateway(core)]
    proxy = await startNginxProxy([gateways[0].url, gateways[1].url, UNREACHABLE])
  })
  afterAll(async () => {
    await proxy?.stop()
    await Promise.all(gateways.map((gateway) => gateway.close()))
    await core.close()
  })

  const watch = (headers: Record<string, string> = {}) =>
    openStream(`${proxy.url}/api/achilles/v1/mcp/signals/insights/stream?session_id=s`, headers)

  test('each event is passed on at once, and a stream that drains continues at the other gateway', async () => {
    const [first, second] = core.create('s', 2)
    const stream = await watch()
    await expect.poll(() => idsOf(stream)).toEqual([first, second])
    // The header is for nginx alone.
    expect(stream.response.headers.get('x-accel-buffering')).toBeNull()
    const [third] = core.create('s')
    await expect.poll(() => idsOf(stream)).toEqual([first, second, third])
    const [draining, other] = (await countStreams(gateways[0])).streams === 1 ? gateways : gateways.toReversed()
    await draining?.close()
    await stream.ended
    expect(stream.retries).toHaveLength(2)
    const [fourth] = core.create('s')
    const resumed = await watch({ 'last-event-id': third ?? '' })
    await expect.poll(() => idsOf(resumed)).toEqual([fourth])
    expect((await countStreams(other ?? expect.fail())).streams).toBe(1)
    resumed.close()
  })
})

describe.skipIf(!nginx)('without a running gateway', () => {
  let proxy: NginxProxy
  beforeAll(async () => {
    proxy = await startNginxProxy([UNREACHABLE, UNREACHABLE, UNREACHABLE])
  })
  afterAll(() => proxy?.stop())

  test('it responds like a gateway without Core', async () => {
    const headers = { 'x-request-id': '"}' }
    const answer = await fetch(`${proxy.url}/api/achilles/v1/mcp/health`, { headers })
    expect(answer.status).toBe(503)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('retry-after')).toBe('1')
    const problem = (await answer.json()) as Problem
    expect(problem).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE', retryable: true })
    expect(answer.headers.get('x-request-id')).toBe(problem.request_id)
  })

  test('clients treat it as retryable', async () => {
    const { health, coreHealth } = createGatewayClient({ url: proxy.url, retries: 0 })
    const refused = { data: { code: 'SERVICE_UNAVAILABLE', retryable: true }, retryAfterMs: 1_000 }
    const outcomes = await Promise.all([health.query().catch(same), coreHealth.query().catch(same)])
    for (const outcome of outcomes) expect(outcome).toMatchObject(refused)
  })
})

const same = (error: unknown) => error
const unexpected = () => expect.fail('it was answered')
