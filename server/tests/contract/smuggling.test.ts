import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { OPERATIONS, validInput } from '../support/operations.ts'
import { reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const CORE_PATH = '/core/v2'
const create = OPERATIONS.find(({ operation }) => operation === 'sessions.create')
const valid = JSON.stringify(create && validInput(create))
const update = '{"status":"completed"}'

let core: ScriptedCore
let gateway: TestGateway
/** A server that must not be called. */
let elsewhere: Server
let elsewhereSeen = 0
let host: string

beforeAll(async () => {
  core = await startScriptedCore()
  gateway = await startTestGateway({ url: core.url + CORE_PATH })
  host = new URL(gateway.url).host
  elsewhere = createServer((_request, response) => {
    elsewhereSeen++
    response.end('{}')
  })
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
})

beforeEach(() => core.answer(reply(200, create?.answer)))

afterAll(async () => {
  await gateway.close()
  await core.close()
  await new Promise((resolve) => elsewhere.close(resolve))
})

/** Sends bytes and waits until the gateway closes the connection; `open` if it has not within two seconds. */
function raw(bytes: string, url = gateway.url): Promise<{ statuses: number[]; text: string; open: boolean }> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    let text = ''
    const finish = (open: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
      resolve({ statuses, text, open })
    }
    const timer = setTimeout(() => finish(true), 2_000)
    const socket = connect(Number(port), hostname, () => socket.write(Buffer.from(bytes, 'latin1')))
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk
    })
    socket.once('close', () => finish(false))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // The connection was closed while the client was still writing.
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') finish(false)
      else reject(error)
    })
  })
}

const head = (...lines: string[]) =>
  [
    'POST /api/achilles/v1/mcp/sessions HTTP/1.1',
    `host: ${host}`,
    'content-type: application/json',
    ...lines,
    '',
    '',
  ].join('\r\n')
const hidden = () => head(`content-length: ${valid.length}`) + valid
const chunk = (data: string) => `${data.length.toString(16)}\r\n${data}\r\n`
const LENGTH = `content-length: ${valid.length}`
const CHUNKED = 'transfer-encoding: chunked'
const chunkedValid = `${chunk(valid)}0\r\n\r\n`
const chunkedWithMore = `${chunk(valid).replace('\r\n', ';a="b"\r\n')}0\r\nx-trailer: a\r\n\r\n`

const AMBIGUOUS: [what: string, bytes: () => string][] = [
  ['a length and chunks', () => head(LENGTH, CHUNKED) + chunkedValid],
  ['chunks and a length', () => head(CHUNKED, 'content-length: 4') + chunkedValid + hidden()],
  [
    'a length that covers a hidden request, and chunks',
    () => `${head(`content-length: ${5 + hidden().length}`, CHUNKED)}0\r\n\r\n${hidden()}`,
  ],
  ['two different lengths', () => head(LENGTH, 'content-length: 0') + valid],
  ['the same length twice', () => head(LENGTH, LENGTH) + valid],
  ['a list of lengths', () => head(`content-length: ${valid.length}, ${valid.length}`) + valid],
  ['xchunked', () => head('transfer-encoding: xchunked') + chunkedValid],
  ['chunked, identity', () => head('transfer-encoding: chunked, identity') + chunkedValid],
  ['identity', () => head('transfer-encoding: identity') + valid],
  ['chunked twice', () => head('transfer-encoding: chunked, chunked') + chunkedValid],
  ['chunked, then xchunked on a line of its own', () => head(CHUNKED, 'transfer-encoding: xchunked') + chunkedValid],
  ['a vertical tab before chunked', () => head('transfer-encoding: \vchunked') + chunkedValid],
  ['a tab before the colon', () => head('transfer-encoding\t: chunked') + chunkedValid],
  ['a space before the colon', () => head(`content-length : ${valid.length}`) + valid],
  ['a space before a name', () => head(` ${CHUNKED}`) + chunkedValid],
  ['a folded transfer-encoding', () => head('transfer-encoding:', ' chunked') + chunkedValid],
  ['a folded length', () => head('content-length:', `\t${valid.length}`) + valid],
  ['a folded header', () => head('x-note: a', ' b', LENGTH) + valid],
  ['bare line feeds', () => (head(LENGTH) + valid).replaceAll('\r\n', '\n')],
  ['one bare line feed', () => head(LENGTH, 'x-note: a').replace('x-note: a\r\n', 'x-note: a\n') + valid],
  ['a bare carriage return', () => head(`x-note: a\r${LENGTH}`) + valid],
  ['a NUL in a header', () => head('x-note: a\0b', LENGTH) + valid],
  ['a negative length', () => head('content-length: -1') + valid],
  ['a hexadecimal length', () => head(`content-length: 0x${valid.length.toString(16)}`) + valid],
  ['a length with a plus', () => head(`content-length: +${valid.length}`) + valid],
  ['a length beyond 64 bits', () => head('content-length: 18446744073709551617') + valid],
  ['an empty length', () => head('content-length:') + valid],
  ['a chunk size that overflows', () => `${head(CHUNKED)}ffffffffffffffff1\r\n${valid}\r\n0\r\n\r\n`],
  ['a chunk size of 0x', () => `${head(CHUNKED)}0x${chunkedValid}`],
  ['a negative chunk size', () => `${head(CHUNKED)}-${chunkedValid}`],
  ['a chunk longer than its size', () => `${head(CHUNKED)}1\r\n${valid}\r\n0\r\n\r\n`],
  ['a chunk size with a bare line feed', () => head(CHUNKED) + chunkedValid.replace('\r\n', '\n')],
  ['a chunk extension with a bare line feed', () => `${head(CHUNKED)}2;x\n{}\r\n0\r\n\r\n${hidden()}`],
  ['no host', () => head(LENGTH).replace(`host: ${host}\r\n`, '') + valid],
  ['HTTP/0.9', () => 'POST /api/achilles/v1/mcp/sessions\r\n\r\n'],
  ['a space in the target', () => head(LENGTH).replace('/sessions ', '/sessions /x ') + valid],
]

test.each(AMBIGUOUS)('%s: rejected, the connection closed, and nothing reaches Core', async (_what, bytes) => {
  const { statuses, open } = await raw(bytes())
  expect({ statuses: statuses.map((status) => Math.floor(status / 100)), open }).toEqual({ statuses: [4], open: false })
  expect(core.seen).toEqual([])
})

test('HTTP/2 by prior knowledge: 505, the connection closed, and nothing reaches Core', async () => {
  const { statuses, open } = await raw(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${hidden()}`)
  expect({ statuses, open }).toEqual({ statuses: [505], open: false })
  expect(core.seen).toEqual([])
})

test.each([
  ['another', 'evil.example'],
  ['the same', undefined],
])('two hosts, the second %s: refused even where anyone is served, and nothing reaches Core', async (_what, second) => {
  const open = await startTestGateway({ url: core.url + CORE_PATH }, { auth: { open: true } })
  for (const { url } of [gateway, open]) {
    const { statuses } = await raw(head(LENGTH, `host: ${second ?? host}`, 'connection: close') + valid, url)
    expect(statuses).toEqual([400])
  }
  await open.close()
  expect(core.seen).toEqual([])
})

test.each([
  ['a length', () => head(LENGTH, 'connection: close') + valid],
  ['chunks', () => head(CHUNKED, 'connection: close') + chunkedValid],
  ['chunks, after a tab', () => head('transfer-encoding:\tchunked', 'connection: close') + chunkedValid],
  ['chunks with extensions and a trailer', () => head(CHUNKED, 'connection: close') + chunkedWithMore],
  ['an absolute target', () => (head(LENGTH, 'connection: close') + valid).replace('POST ', `POST http://${host}`)],
])('an unambiguous request is served once: %s', async (_what, bytes) => {
  const { statuses, open } = await raw(bytes())
  expect({ statuses, open }).toEqual({ statuses: [200], open: false })
  expect(core.seen).toMatchObject([{ method: 'POST', url: `${CORE_PATH}/mcp/sessions`, text: valid }])
})

const asText = (request: string) => request.replace(/(content-type: )[^\r]+/, '$1text/plain')
const within = (lines: string[], line = 'POST /api/achilles/v1/mcp/sessions') =>
  head(`content-length: ${hidden().length}`, 'connection: close', ...lines).replace(/^POST \S+/, line) + hidden()

const HIDING: [what: string, bytes: () => string][] = [
  ['a body', () => within([])],
  ['a chunk', () => `${head(CHUNKED, 'connection: close')}${chunk(hidden())}0\r\n\r\n`],
  [
    'a trailer',
    () => `${head(CHUNKED, 'connection: close')}${chunk('{}')}0\r\nx-trailer: ${hidden().split('\r\n')[0]}\r\n\r\n`,
  ],
  ['an unread body of a rejected type', () => asText(within([]))],
  ['the body of a GET', () => within([], 'GET /api/achilles/v1/mcp/health')],
  ['the body of a path that is not there', () => within([], 'POST /nope')],
  ['the body of an upgrade', () => within(['upgrade: h2c', 'connection: upgrade'], 'GET /livez')],
  ['a body of another encoding', () => within(['content-encoding: br'])],
  ['a body too large to be read', () => `${head('content-length: 6000000', 'connection: close')}${hidden()}`],
]

test.each(HIDING)('a request hidden in %s is not served', async (_what, bytes) => {
  const { statuses } = await raw(bytes())
  expect(statuses).toHaveLength(1)
  expect(statuses[0]).toBeLessThan(500)
  expect(core.seen).toEqual([])
})

describe('a raw request target', () => {
  const sessions = '/api/achilles/v1/mcp/sessions'
  const patch = (target: string) =>
    `PATCH ${target} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
    `content-length: ${update.length}\r\nconnection: close\r\n\r\n${update}`
  const evil = () => `127.0.0.1:${(elsewhere.address() as AddressInfo).port}`

  const IDS = [
    '. .. %2e %2e%2e .%2e %2E%2E %252e%252e ..; ..%00 ... %2e%2e%2fhealth ..%2f..',
    '%2f %2F%2Fevil a%2fb a/b a/../b a/%2e%2e/b / // \\ ..\\.. %5c a%5cb %5c%5cevil',
    '@host %40host a@host a:80@host a%3a80 :80 http://evil http:%2f%2fevil a?b=c a%3fb a#b a%23b',
    '%0d%0a a%0d%0ahost:%20evil a%0d%0a%0d%0aGET%20/%20HTTP/1.1 %00 a%00 %20 a%20b % %zz %c0%ae%c0%ae %ff',
    '%ef%bc%8e%ef%bc%8e %e2%80%ae a;b a&b=c a|b a"b {session_id} :session_id * \xe9 a\tb resolve',
  ].flatMap((ids) => ids.split(' '))
  const TARGETS = [
    ...IDS.flatMap((id) => [`${sessions}/${id}`, `${sessions}/ok/${id}`]),
    ...[`/${sessions}/x`, `${sessions}//x`, `${sessions}/./x`, `${sessions}/x/..`, `\\..${sessions}/x`],
    ...[`${sessions}\\x`, '*', sessions],
  ]

  test.each(TARGETS)('%j is rejected, or is one segment of Core’s path', (target) => expectContained(target))

  test.each([
    ['http', (rest: string) => `http://${evil()}${rest}`],
    ['a user', (rest: string) => `http://${host}@${evil()}${rest}`],
    ['no scheme', (rest: string) => `//${evil()}${rest}`],
    ['https', (rest: string) => `https://evil.example${rest}`],
    ['a name', (rest: string) => `http://evil.example${rest}`],
    ['file', (rest: string) => `file://${rest}`],
    ['backslashes', (rest: string) => `\\\\${evil()}${rest}`],
    ['an authority', () => evil()],
    ['a colon', (rest: string) => `:80${rest}`],
    ['an at', (rest: string) => `@${evil()}${rest}`],
  ])('%s with another host is not sent to that host', async (_what, target) => {
    await expectContained(target(`${sessions}/ses_8c41`))
    expect(elsewhereSeen).toBe(0)
  })

  async function expectContained(target: string): Promise<void> {
    const { statuses, text, open } = await raw(patch(target))
    expect(open).toBe(false)
    expect(statuses, text).toHaveLength(1)
    if (statuses[0] === 200) {
      expect(core.seen).toHaveLength(1)
      const [seen] = core.seen
      expect(seen?.url).toMatch(new RegExp(`^${CORE_PATH}/mcp/sessions/[A-Za-z0-9](?:[\\w.-]|%3A|%40)*$`))
      expect(seen).toMatchObject({ method: 'PATCH', text: update, headers: { host: new URL(core.url).host } })
    } else {
      expect(statuses[0]).toBeGreaterThanOrEqual(400)
      expect(statuses[0]).toBeLessThan(500)
      expect(core.seen).toEqual([])
    }
  }
})
