import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const RATE = 60

let core: ScriptedCore
let gateway: TestGateway

beforeAll(async () => {
  core = await startScriptedCore()
})

beforeEach(async () => {
  await gateway?.close()
  gateway = await startTestGateway(core, { auth: { ratePerMinute: RATE } })
})

afterAll(async () => {
  await gateway.close()
  await core.close()
})

const calls = (count: number, separator: string, name = 'health') =>
  Array.from({ length: count }, () => name).join(separator)

/** The calls that remain after one request. */
async function remaining(path: string, init?: RequestInit): Promise<number> {
  const { headers } = await fetch(gateway.url + path, init)
  return Number(/r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1])
}

describe('a native batch counts as the calls that tRPC finds in it', () => {
  const post = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }

  test.each<[string, number, string, RequestInit?]>([
    ['commas', 20, `/trpc/${calls(20, ',')}?batch=1`],
    ['encoded commas', 20, `/trpc/${calls(20, '%2C')}?batch=1`],
    ['encoded commas in lower case', 20, `/trpc/${calls(20, '%2c')}?batch=1`],
    ['both', 4, '/trpc/health,health%2Chealth,health?batch=1'],
    ['an encoded name', 3, '/trpc/%68ealth%2C%68ealth,health?batch=1'],
    ['POST', 20, `/trpc/${calls(20, '%2C')}?batch=1`, post],
    ['an encoded parameter', 20, `/trpc/${calls(20, ',')}?%62atch=%31`],
    ['a parameter behind another', 20, `/trpc/${calls(20, ',')}?input=%7B%7D&batch=1`],
    ['a repeated parameter', 20, `/trpc/${calls(20, ',')}?batch=1&batch=0`],
    ['a trailing comma', 3, '/trpc/health,health,?batch=1'],
    ['unknown procedures', 3, '/trpc/a,b,c?batch=1'],
    ['empty names', 3, '/trpc/,,?batch=1'],
    ['an encoded comma twice', 1, `/trpc/${calls(20, '%252C')}?batch=1`],
    ['no batch', 1, `/trpc/${calls(20, ',')}`],
    ['another case', 1, `/trpc/${calls(20, ',')}?BATCH=1`],
    ['another value', 1, `/trpc/${calls(20, ',')}?batch=true`],
    ['a batch that is too large', 1, `/trpc/${calls(21, '%2C')}?batch=1`],
    ['no native call at all', 1, '/openapi.json?batch=1&path=health,health'],
  ])('%s: %i', async (_what, count, path, init) => {
    expect(await remaining(path, init)).toBe(RATE - count)
  })
})

test('a rate of 60 allows 60 calls, however a batch is encoded', async () => {
  core.answer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{"status":"ok","uptime_seconds":1,"accepting_signals":true,"last_ingest_error_at":null}')
  })
  const statuses: number[] = []
  for (let request = 0; request < 20; request++) {
    statuses.push((await fetch(`${gateway.url}/trpc/${calls(20, '%2C', 'coreHealth')}?batch=1`)).status)
  }
  expect(statuses).toEqual([200, 200, 200, ...Array.from({ length: 17 }, () => 429)])
  expect(core.seen.length).toBe(60)
})

describe('over the rate', () => {
  beforeEach(async () => {
    for (let request = 0; request < 3; request++) await fetch(`${gateway.url}/trpc/${calls(20, ',')}?batch=1`)
  })

  test.each<[string, string, RequestInit]>([
    ['a stream of JSON lines', '/trpc/health?batch=1', { headers: { 'trpc-accept': 'application/jsonl' } }],
    ['a stream requested by accept', '/trpc/health?batch=1', { headers: { accept: 'application/jsonl' } }],
    ['HEAD', '/trpc/health', { method: 'HEAD' }],
    ['PUT', '/trpc/health', { method: 'PUT' }],
    ['a form', '/trpc/health', { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }],
    ['one call', '/trpc/health', {}],
    ['REST', '/api/achilles/v1/mcp/health', {}],
  ])('%s: 429 with Retry-After, RateLimit and RateLimit-Policy', async (_what, path, init) => {
    const response = await fetch(gateway.url + path, init)
    expect(response.status).toBe(429)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(response.headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/)
    expect(response.headers.get('ratelimit-policy')).toBe(`"default";q=${RATE};w=60`)
  })
})

test('every message of a JSON-RPC batch counts', async () => {
  const message = (id: number) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'health' } })
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const body = JSON.stringify(Array.from({ length: 30 }, (_, id) => message(id)))
  expect(await remaining('/mcp', { method: 'POST', headers, body })).toBe(RATE - 30)
  const over = await fetch(`${gateway.url}/mcp`, {
    method: 'POST',
    headers,
    body: body.replace(']', `,${body.slice(1)}`),
  })
  expect(over.status).toBe(429)
  expect(over.headers.get('retry-after')).toMatch(/^\d+$/)
})
