import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearer, KEYS, writeKeysFile } from '../support/keys-file.ts'
import { reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'
import { MCP_HEADERS, toolCall } from '../support/tool-calls.ts'

const BATCH_ANSWER = { results: [], failed: [] }
const event = (id: string, workspace_id?: string) => ({
  event_id: id,
  event_type: 'error',
  source_type: 'ide',
  session_id: 's',
  timestamp: '2026-03-02T09:00:00Z',
  ...(workspace_id && { workspace_id }),
})
const ingest = (id: string | number = 1) => toolCall('signals.ingest', JSON.stringify(event('e-1')), id)

let core: ScriptedCore

beforeAll(async () => {
  core = await startScriptedCore()
})

afterAll(() => core.close())

interface Raw {
  status: number
  headers: Record<string, unknown>
  text: string
}

/** Posts with headers that fetch does not allow. */
function post(url: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/mcp`, { method: 'POST', headers: { ...MCP_HEADERS, ...headers } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    asked.on('error', reject).end(body)
  })
}

describe('on loopback, without credentials', () => {
  let gateway: TestGateway

  beforeAll(async () => {
    gateway = await startTestGateway(core, { maxBodyBytes: 100_000 })
  })

  afterAll(() => gateway.close())

  test.each([
    [{ host: 'evil.example' }, 403],
    [{ host: 'localhost.evil.example' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ host: 'localhost:8080', origin: 'http://localhost:3000' }, 200],
    [{ host: '[::1]:8080' }, 200],
  ])('%j gives %i', async (headers, status) => {
    core.answer(reply(200, BATCH_ANSWER))
    const answer = await post(gateway.url, ingest(), headers)
    expect(answer.status).toBe(status)
    if (status === 403) expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(core.seen).toHaveLength(status === 200 ? 1 : 0)
  })

  test('HTTP errors are problems: 413, 415, 400', async () => {
    const big = toolCall('signals.ingest', JSON.stringify({ ...event('e'), payload: { a: 'x'.repeat(100_000) } }))
    const rows: [string | Buffer, Record<string, string>, number, string][] = [
      [big, {}, 413, 'PAYLOAD_TOO_LARGE'],
      [gzipSync(big), { 'content-encoding': 'gzip' }, 413, 'PAYLOAD_TOO_LARGE'],
      [ingest(), { 'content-encoding': 'br' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
      [ingest(), { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
      [ingest(), { 'content-type': 'application/vnd.x+json' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
      [Buffer.from([0x7b, 0xff, 0x7d]), {}, 400, 'BAD_REQUEST'],
      [ingest(), { 'idempotency-key': 'x'.repeat(257) }, 400, 'BAD_REQUEST'],
    ]
    core.answer(reply(200, BATCH_ANSWER))
    for (const [body, headers, status, code] of rows) {
      const answer = await post(gateway.url, body, headers)
      expect(answer.headers['content-type'], code).toBe('application/problem+json')
      expect(JSON.parse(answer.text)).toMatchObject({ status, code, request_id: answer.headers['x-request-id'] })
      expect(answer.status).toBe(status)
    }
    expect(core.seen).toEqual([])
    const packed = await post(gateway.url, gzipSync(ingest()), { 'content-encoding': 'gzip' })
    expect(packed.status).toBe(200)
  })

  test('every response has the request id and security headers, and must not be cached', async () => {
    core.answer(reply(200, BATCH_ANSWER))
    const { headers } = await post(gateway.url, ingest(), { 'x-request-id': 'mine' })
    expect(headers).toMatchObject({
      'x-request-id': 'mine',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-type': 'application/json',
    })
  })

  test('a draining gateway rejects calls', async () => {
    gateway.health.draining = true
    const { status, headers, text } = await post(gateway.url, ingest())
    gateway.health.draining = false
    expect({ status, code: JSON.parse(text).code }).toEqual({ status: 503, code: 'SERVICE_UNAVAILABLE' })
    expect(headers['retry-after']).toBe('1')
  })

  test('a client disconnect aborts its call to Core', async () => {
    for (const version of ['2025-06-18', '2026-07-28']) {
      let began = () => {}
      let ended = () => {}
      const reached = new Promise<void>((resolve) => (began = resolve))
      const gone = new Promise<void>((resolve) => (ended = resolve))
      core.answer((_request, response) => {
        response.once('close', ended)
        began()
      })
      const meta = {
        'io.modelcontextprotocol/protocolVersion': version,
        'io.modelcontextprotocol/clientCapabilities': {},
      }
      const params = {
        name: 'signals_ingest_batch',
        arguments: { events: [event('e')] },
        ...(version > '2026' && { _meta: meta }),
      }
      const caller = new AbortController()
      const call = fetch(`${gateway.url}/mcp`, {
        method: 'POST',
        headers: {
          ...MCP_HEADERS,
          'mcp-protocol-version': version,
          'mcp-method': 'tools/call',
          'mcp-name': 'signals_ingest_batch',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
        signal: caller.signal,
      })
      await reached
      caller.abort()
      await expect(call).rejects.toThrow()
      await gone
      expect(core.seen).toHaveLength(1)
    }
  })
})

describe('with API keys', () => {
  let file: Awaited<ReturnType<typeof writeKeysFile>>
  let gateway: TestGateway

  beforeAll(async () => {
    file = await writeKeysFile(['ws-a'])
    gateway = await startTestGateway(core, { auth: { apiKeysFile: file.path, corsOrigins: ['https://ide.example'] } })
  })

  afterAll(async () => {
    await gateway.close()
    await file.remove()
  })

  test('an unauthenticated caller receives 401 and a challenge, and its body is not read', async () => {
    core.answer(reply(200, BATCH_ANSWER))
    const list = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
    for (const body of [ingest(), list, toolCall('health', '{}'), 'no json', 'x'.repeat(6 * 1024 * 1024)]) {
      for (const headers of [{}, bearer('wrong')]) {
        const answer = await post(gateway.url, body, headers)
        const challenge = `Bearer realm="achilles"${'authorization' in headers ? ', error="invalid_token"' : ''}`
        expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': challenge } })
        expect(JSON.parse(answer.text).code).toBe('UNAUTHORIZED')
      }
    }
    expect(core.seen).toEqual([])
  })

  test('the official client reports the 401, and succeeds with a key', async () => {
    const url = new URL('/mcp', gateway.url)
    const stranger = new Client({ name: 'a', version: '1' })
    await expect(stranger.connect(new StreamableHTTPClientTransport(url))).rejects.toMatchObject({ status: 401 })
    const holder = new Client({ name: 'a', version: '1' })
    await holder.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers: bearer(KEYS.everything) } }))
    expect((await holder.listTools()).tools).toHaveLength(11)
    await holder.close()
  })

  test('Core receives the principal; a limited principal reaches no other workspace', async () => {
    core.answer(reply(200, BATCH_ANSWER))
    const mine = await gateway.mcp('signals.ingest', event('1', 'ws-a'), bearer(KEYS.limited))
    expect(mine.status).toBe(200)
    expect(core.seen[0]?.headers).toMatchObject({ 'x-achilles-client': 'limited', 'x-achilles-workspaces': 'ws-a' })
    core.answer(reply(200, BATCH_ANSWER))
    const other = await gateway.mcp('signals.ingest', event('1', 'ws-x'), bearer(KEYS.limited))
    expect(other.problem).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
      issues: [{ path: 'events[0].workspace_id' }],
    })
    expect(core.seen).toEqual([])
  })

  test.each([
    ['https://ide.example', 200],
    ['http://localhost:6274', 200],
    ['https://evil.example', 403],
    ['null', 403],
  ])('a page of %s receives %i, even with a key', async (origin, status) => {
    core.answer(reply(200, BATCH_ANSWER))
    const answer = await post(gateway.url, ingest(), { origin, ...bearer(KEYS.everything) })
    expect(answer.status).toBe(status)
    expect(core.seen).toHaveLength(status === 200 ? 1 : 0)
  })

  test('CORS allows the headers of the protocol', async () => {
    const preflight = await fetch(`${gateway.url}/mcp`, {
      method: 'OPTIONS',
      headers: { origin: 'https://ide.example', 'access-control-request-method': 'POST' },
    })
    const allowed = preflight.headers.get('access-control-allow-headers')?.split(',')
    expect(allowed).toEqual(expect.arrayContaining(['mcp-protocol-version', 'mcp-method', 'mcp-name']))
  })

  test('no key, token or body of a caller is logged or returned', async () => {
    const canary = 'canary-7c1f'
    const bodies = [
      toolCall('signals.ingest', JSON.stringify(event(canary))),
      toolCall('signals.ingest', JSON.stringify({ ...event('1'), timestamp: canary })),
      toolCall('sessions.update', JSON.stringify({ session_id: 's', status: canary })),
      `[${toolCall('handshake', JSON.stringify({ client_name: canary }))}]`,
      `{"${canary}":`,
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'health', arguments: [canary] } }),
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: canary }),
      JSON.stringify({ [canary]: 1 }),
    ]
    for (const script of [reply(500, { detail: 'down' }), reply(200, 'no json'), reply(200, { nonsense: true })]) {
      core.answer(script)
      for (const headers of [
        bearer(canary),
        { ...bearer(KEYS.everything), 'x-mcp-session-token': canary, cookie: canary },
      ]) {
        for (const body of bodies) {
          const answer = await post(gateway.url, body, headers)
          expect(answer.status).toBeLessThan(500)
          expect(answer.text + JSON.stringify(answer.headers)).not.toMatch(/canary|ach_|core-key/)
        }
      }
    }
    expect(gateway.log.join('')).not.toMatch(/canary|ach_|core-key/)
  })
})

describe('the rate limit', () => {
  test('counts every message of a batch', async () => {
    const gateway = await startTestGateway(core, { auth: { ratePerMinute: 5 } })
    core.answer(reply(200, BATCH_ANSWER))
    const first = await post(gateway.url, `[${[1, 2, 3].map(ingest).join()}]`)
    expect(JSON.parse(first.text)).toHaveLength(3)
    expect(first.headers.ratelimit).toMatch(/^"default";r=2;/)
    const second = await post(gateway.url, `[${[1, 2, 3].map(ingest).join()}]`)
    expect(second).toMatchObject({ status: 429, headers: { 'retry-after': expect.any(String) } })
    expect(JSON.parse(second.text)).toMatchObject({ code: 'TOO_MANY_REQUESTS', retryable: true })
    expect(core.seen).toHaveLength(3)
    await gateway.close()
  })
})
