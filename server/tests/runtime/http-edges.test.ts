import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { expect } from 'vitest'
import { test as base } from '../support/scripted-gateway.ts'

const HEALTH = JSON.stringify({ status: 'ok', uptime_seconds: 1, accepting_signals: true, last_ingest_error_at: null })
const REST = '/api/achilles/v1/mcp'

const test = base
  /** Sends bytes and returns everything received until the connection is closed; `end` half-closes it. */
  .extend('exchange', ({ gateway }) => (bytes: string, { end = false } = {}): Promise<string> => {
    const { hostname, port } = new URL(gateway.url)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    socket.on('end', () => socket.end())
    if (end) socket.end(bytes)
    else socket.write(bytes)
    return new Promise((resolve, reject) => socket.once('error', reject).once('close', () => resolve(text)))
  })
  .extend('slowCore', ({ core }) => (delayMs: number) => {
    core.answer((_request, response) => {
      setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end(HEALTH), delayMs)
    })
  })

// Limits far beyond the test's own: what ends a call early is never they.
test.override('settings', { maxBodyBytes: 1024, upstream: { timeoutMs: 900_000, deadlineMs: 900_000 } })

test.for(['1.1', '1.0'])(
  'HTTP/%s: a peer that half-closes after its request gets the response',
  async (version, { exchange, slowCore }) => {
    slowCore(500)
    const text = await exchange(`GET ${REST}/health/core HTTP/${version}\r\nhost: localhost\r\n\r\n`, { end: true })
    expect(text).toMatch(/HTTP\/1.1 200 OK\r\n/)
    expect(text.endsWith(HEALTH)).toBe(true)
  },
)

test('a peer that half-closes after several requests gets every response', async ({ exchange, slowCore }) => {
  slowCore(50)
  const call = `GET ${REST}/health/core HTTP/1.1\r\nhost: localhost\r\n\r\n`
  const text = await exchange(call.repeat(3), { end: true })
  expect(text.match(/HTTP\/1.1 200 OK/g)).toHaveLength(3)
})

test('a peer that half-closes in the middle of its request gets 400', async ({ exchange }) => {
  const head = `POST ${REST}/sessions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`
  expect(await exchange(`${head}content-length: 100\r\n\r\n{`, { end: true })).toMatch(/^HTTP\/1.1 400 /)
})

test('a client that closes the connection aborts its call to Core', async ({ core, gateway }) => {
  let closed = false
  core.answer((_request, response) => response.once('close', () => (closed = true)))
  const call = request(`${gateway.url}${REST}/health/core`).on('error', () => {})
  call.end()
  await expect.poll(() => core.seen.length).toBe(1)
  call.destroy()
  await expect.poll(() => closed).toBe(true)
})

const withBody = (length: number, expectation: string, path = `${REST}/sessions/resolve`) =>
  `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n` +
  `expect: ${expectation}\r\n\r\n`

test.for([`${REST}/sessions/resolve`, '/trpc/sessions.resolve', '/mcp'])(
  '%s: 100-continue with a length over the limit is a 413 at once',
  async (path, { exchange }) => {
    const text = await exchange(withBody(2000, '100-continue', path))
    expect(text).toMatch(/^HTTP\/1.1 413 /)
    expect(text.toLowerCase()).toContain('connection: close')
    expect(text).not.toContain('100 Continue')
  },
)

test('100-continue for a method that is not allowed: 405 at once', async ({ exchange }) => {
  expect(await exchange(withBody(10, '100-continue', '/livez'))).toMatch(/^HTTP\/1.1 405 /)
})

test('100-continue: the body is requested and read, and the connection stays open', async ({ core, gateway }) => {
  core.answer((_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"found":false,"session":null}'),
  )
  const body = JSON.stringify({ external_session_key: 'k' })
  const call = request(`${gateway.url}${REST}/sessions/resolve`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' },
  })
  call.flushHeaders()
  await once(call, 'continue')
  call.end(body)
  const [response] = await once(call, 'response')
  expect(response.statusCode).toBe(200)
  expect(response.headers.connection).not.toBe('close')
  response.resume()
})

test('another expectation is a 417', async ({ exchange }) => {
  const text = await exchange(withBody(2, 'a-miracle'))
  const [head = '', body = ''] = text.split('\r\n\r\n')
  expect(head).toMatch(/^HTTP\/1.1 417 Expectation Failed\r\n/)
  expect(JSON.parse(body)).toMatchObject({ status: 417, request_id: head.match(/x-request-id: (.+)\r/)?.[1] })
})

test.for<[string, string, string]>([
  ['/livez', '1.0', ''],
  ['/readyz', '1.0', ''],
  ['/readyz?verbose', '1.1', 'connection: close\r\n'],
  ['/livez', '1.1', 'host:\r\nconnection: close\r\n'],
])('GET %s over HTTP/%s without a Host header: 200', async ([path, version, headers], { exchange }) => {
  expect(await exchange(`GET ${path} HTTP/${version}\r\n${headers}\r\n`)).toMatch(/^HTTP\/1.1 200 /)
})

test.for<[string, string]>([
  ['1.0', ''],
  ['1.1', 'connection: close\r\n'],
])('another path over HTTP/%s without a Host header: 400', async ([version, headers], { exchange }) => {
  const text = await exchange(`GET ${REST}/health HTTP/${version}\r\n${headers}\r\n`)
  expect(text).toMatch(/^HTTP\/1.1 400 /)
  expect(text).toContain('"code":"BAD_REQUEST"')
})

test('a foreign Host is rejected on probes as well', async ({ exchange }) => {
  expect(await exchange('GET /readyz HTTP/1.0\r\nhost: evil.example\r\n\r\n')).toMatch(/^HTTP\/1.1 403 /)
})

test('pipelined requests are served one at a time, in order', async ({ core, exchange }) => {
  let inFlight = 0
  let most = 0
  core.answer((_request, response) => {
    most = Math.max(most, ++inFlight)
    setTimeout(() => {
      inFlight--
      response.writeHead(200, { 'content-type': 'application/json' }).end(HEALTH)
    }, 20)
  })
  const call = (id: string, close = '') =>
    `GET ${REST}/health/core HTTP/1.1\r\nhost: localhost\r\nx-request-id: ${id}\r\n${close}\r\n`
  const ids = Array.from({ length: 20 }, (_, index) => `call-${index}`)
  const text = await exchange(ids.map((id) => call(id)).join('') + call('last', 'connection: close\r\n'))
  expect([...text.matchAll(/x-request-id: (\S+)/g)].map(([, id]) => id)).toEqual([...ids, 'last'])
  expect(most).toBe(1)
})

test('a connection that pipelines without limit is closed, logged and counted', async ({ core, gateway, exchange }) => {
  core.answer(() => {})
  const call = `GET ${REST}/health/core HTTP/1.1\r\nhost: localhost\r\n\r\n`
  await exchange(call.repeat(2_000)).catch(() => {})
  expect(gateway.log.filter((line) => line.includes('"limit":"pipelined_requests"'))).toHaveLength(1)
  expect(await gateway.metrics.registry.metrics()).toMatch(/connections_ended_total\{limit="pipelined_requests"\} 1\n/)
})
