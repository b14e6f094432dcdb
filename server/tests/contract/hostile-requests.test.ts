import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect } from 'vitest'
import { OPERATIONS, validInput } from '../support/operations.ts'
import { reply } from '../support/scripted-core.ts'
import { test as base } from '../support/scripted-gateway.ts'

const create = OPERATIONS.find(({ operation }) => operation === 'sessions.create')
const valid = create ? validInput(create) : {}
const MIB = 1024 * 1024
const json = { 'content-type': 'application/json' }
const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
const deep = nested(90_000)
const SURFACES = [
  ['REST', '/api/achilles/v1/mcp/sessions', (text: string) => text],
  ['native', '/trpc/sessions.create', (text: string) => `{"json":${text}}`],
] as const

const test = base
  .extend('post', ({ gateway }) => async (path: string, init: RequestInit) => {
    const response = await fetch(gateway.url + path, { method: 'POST', ...init })
    const body = (await response.json()) as { code?: unknown; error?: { json: { data: { code: unknown } } } }
    return { status: response.status, code: body.error ? body.error.json.data.code : body.code }
  })
  .extend('raw', ({ gateway }) => (request: string, halfClose = false): Promise<string> => {
    const { hostname, port } = new URL(gateway.url)
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => (halfClose ? socket.end(request) : socket.write(request)))
      let answer = ''
      socket.setEncoding('utf8').on('data', (text) => {
        answer += text
      })
      socket.once('close', () => resolve(answer)).once('error', reject)
    })
  })

describe.each(SURFACES)('over %s', (_name, path, wrap) => {
  const bytes = (size: number) => wrap(JSON.stringify({ ...valid, config_snapshot: { fill: 'x'.repeat(size) } }))
  const chunked = (text: string): RequestInit =>
    ({
      body: Readable.toWeb(Readable.from(text.match(/[\s\S]{1,65536}/g) ?? [])),
      duplex: 'half',
      headers: json,
    }) as RequestInit

  const REFUSED: [string, () => RequestInit, number, string][] = [
    ['90,000 levels', () => ({ body: wrap(deep), headers: json }), 400, 'BAD_REQUEST'],
    [
      '90,000 levels in a payload',
      () => ({ body: wrap(`{"config_snapshot":${deep}}`), headers: json }),
      400,
      'BAD_REQUEST',
    ],
    [
      '90,000 levels and a long number',
      () => ({ body: wrap(deep.replace('1', '12345678901234567890')), headers: json }),
      400,
      'BAD_REQUEST',
    ],
    [
      'more tokens than a body may hold',
      () => ({ body: wrap(nested(200_000)), headers: json }),
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    ['6 MB', () => ({ body: bytes(6 * MIB), headers: json }), 413, 'PAYLOAD_TOO_LARGE'],
    ['6 MB in chunks', () => chunked(bytes(6 * MIB)), 413, 'PAYLOAD_TOO_LARGE'],
    [
      'a gzip bomb',
      () => ({ body: gzipSync(bytes(64 * MIB)), headers: { ...json, 'content-encoding': 'gzip' } }),
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    [
      'what is not gzip',
      () => ({ body: wrap('{}'), headers: { ...json, 'content-encoding': 'gzip' } }),
      400,
      'BAD_REQUEST',
    ],
    ['br', () => ({ body: wrap('{}'), headers: { ...json, 'content-encoding': 'br' } }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['text/plain', () => ({ body: wrap('{}') }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a form', () => ({ body: new URLSearchParams({ a: 'b' }) }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['multipart', () => ({ body: new FormData() }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'octets',
      () => ({ body: 'x', headers: { 'content-type': 'application/octet-stream' } }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['malformed JSON', () => ({ body: wrap('{"a":'), headers: json }), 400, 'BAD_REQUEST'],
    ['no body', () => ({ headers: json }), 400, 'BAD_REQUEST'],
    ['[]', () => ({ body: wrap('[]'), headers: json }), 400, 'BAD_REQUEST'],
    ['null', () => ({ body: wrap('null'), headers: json }), 400, 'BAD_REQUEST'],
    ['a string', () => ({ body: wrap('"x"'), headers: json }), 400, 'BAD_REQUEST'],
    [
      'bytes that are not UTF-8',
      () => ({ body: Buffer.from(wrap('{"user_id":"\xff"}'), 'latin1'), headers: json }),
      400,
      'BAD_REQUEST',
    ],
  ]

  test.for(REFUSED)(
    '%s: rejected, and the gateway keeps serving',
    async ([_what, init, status, code], { core, post }) => {
      core.answer(reply(200, create?.answer))
      expect(await post(path, init())).toEqual({ status, code })
      expect(core.seen).toEqual([])
      expect((await post(path, { body: bytes(10), headers: json })).status).toBe(200)
    },
  )

  const ACCEPTED: [string, () => RequestInit][] = [
    [
      'application/json; charset=utf-8',
      () => ({ body: bytes(1), headers: { 'content-type': 'application/json; charset=utf-8' } }),
    ],
    ['Application/JSON', () => ({ body: bytes(1), headers: { 'content-type': 'Application/JSON' } })],
    ['+json', () => ({ body: bytes(1), headers: { 'content-type': 'application/vnd.achilles.v1+json' } })],
    ['gzip', () => ({ body: gzipSync(bytes(4 * MIB)), headers: { ...json, 'content-encoding': 'gzip' } })],
    ['chunks', () => chunked(bytes(4 * MIB))],
  ]

  test.for(ACCEPTED)('%s: accepted', async ([_what, init], { core, post }) => {
    core.answer(reply(200, create?.answer))
    expect((await post(path, init())).status).toBe(200)
    expect(core.seen).toHaveLength(1)
  })
})

test('a body with a wrong content-length is not a 5xx', async ({ core, raw }) => {
  core.answer(reply(200, create?.answer))
  const answer = await raw(
    'POST /api/achilles/v1/mcp/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{}',
    true,
  )
  expect(answer).not.toMatch(/^HTTP\/1.1 5/)
  expect(core.seen).toEqual([])
})

test.for(['', 'a b', 'x@y', 'a/b', 'exa\u00e4mple'])('the Host %j is not a 5xx', async (host, { raw }) => {
  const answer = await raw(`GET /api/achilles/v1/mcp/health HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1.1 (400|403)/)
})

describe('methods and paths', () => {
  test.for<[string, string, number, string | null]>([
    ['DELETE', '/api/achilles/v1/mcp/sessions', 405, 'POST'],
    ['GET', '/api/achilles/v1/mcp/sessions/x', 405, 'PATCH'],
    ['PUT', '/api/achilles/v1/mcp/signals/insights', 405, 'GET, HEAD, POST'],
    ['POST', '/livez', 405, 'GET, HEAD'],
    ['POST', '/docs', 405, 'GET, HEAD'],
    ['GET', '/trpc/handshake', 405, 'POST'],
    ['GET', '/api/achilles/v1/mcp/nope', 404, null],
    ['GET', '/api/achilles/v1/mcp/sessions/', 404, null],
    ['GET', '/nope', 404, null],
    ['GET', '/trpc/nope', 404, null],
    ['GET', '/trpc', 404, null],
    ['POST', '/trpc/__proto__.x', 415, null],
    ['GET', '/trpc/constructor', 404, null],
  ])('%s %s is a problem %i', async ([method, path, status, allow], { gateway }) => {
    const response = await fetch(gateway.url + path, { method })
    expect(response.status).toBe(status)
    expect(response.headers.get('allow')).toBe(allow)
    expect(await response.text()).toContain(`"status":${status}`)
  })

  test.for(['/livez', '/readyz', '/openapi.json', '/docs', '/docs/reference.js', '/api/achilles/v1/mcp/health'])(
    'HEAD %s responds like GET',
    async (path, { gateway }) => {
      const response = await fetch(gateway.url + path, { method: 'HEAD' })
      expect(response.status).toBe(200)
      expect(await response.text()).toBe('')
    },
  )
})
