import { describe, expect } from 'vitest'
import { acceptAll } from '../support/event-core.ts'
import { accepted, batchOf, type Holding, test } from '../support/holding-core.ts'
import { reply, type Script } from '../support/scripted-core.ts'

const page = (status: number, body = `<html><title>${status}</title></html>`, headers = {}): Script =>
  reply(status, body, { 'content-type': 'text/html', ...headers })

const FOREIGN: [string, number, Script][] = [
  ['an ingress’ 404 as text', 404, page(404, '404 page not found\n', { 'content-type': 'text/plain' })],
  ['a captive portal', 200, page(200)],
  ['a captive portal’s redirect', 302, page(302, '<html>', { location: 'http://portal.example/' })],
  ['a redirect without a body', 301, page(301, '', { location: 'https://core.example/' })],
  ['an empty 200', 200, page(200, '')],
  ['a 200 of white space', 200, page(200, ' \r\n')],
  ['a 204', 204, (_request, response) => response.writeHead(204).end()],
  ['a 304', 304, (_request, response) => response.writeHead(304).end()],
  ['400', 400, page(400)],
  ['401', 401, page(401, '<html>', { 'www-authenticate': 'Basic realm="proxy"' })],
  ['403 of a firewall', 403, page(403)],
  ['407', 407, page(407)],
  ['409', 409, page(409)],
  ['413 of nginx', 413, page(413)],
  ['422', 422, page(422)],
  ['429 of a proxy’s rate limit', 429, page(429, undefined, { 'retry-after': '1' })],
  ['500', 500, page(500, 'Internal Server Error', { 'content-type': 'text/plain' })],
  ['502', 502, page(502)],
  ['503', 503, page(503, undefined, { 'retry-after': '1' })],
  ['504', 504, page(504)],
  ['511', 511, page(511)],
  ['text with the media type of JSON', 404, page(404, 'nope', { 'content-type': 'application/json' })],
  ['JSON that ends early', 200, page(200, '{"results":[')],
  ['compressed JSON, although identity was requested', 200, page(200, '\u001f\u008b', { 'content-encoding': 'gzip' })],
]

describe('a response that is not JSON', () => {
  test.for(FOREIGN)('%s: 502, retryable, on every surface', async ([_what, status, script], { holding }) => {
    await holding.open()
    holding.core.answer(script)
    const responses = [
      await holding.send(['a']),
      await holding.gateway.native('signals.ingestBatch', batchOf('a')),
      await holding.gateway.mcp('signals.ingestBatch', batchOf('a')),
      await holding.gateway.rest('GET', '/health/core'),
    ]
    for (const { status: responded, problem, text } of responses) {
      expect([responded, problem?.status]).toContain(502)
      expect(problem).toMatchObject({ code: 'BAD_GATEWAY', retryable: true })
      if (status > 299) expect(problem?.upstream).toEqual({ status })
      expect(text).not.toContain('<html>')
    }
    expect(holding.core.seen).toHaveLength(4)
  })

  test('JSON with the same status is passed on', async ({ holding }) => {
    await holding.open()
    holding.core.answer(reply(404, { detail: 'session s is unknown' }, { 'content-type': 'text/html' }))
    expect((await holding.send(['a'])).problem).toMatchObject({ status: 404, code: 'NOT_FOUND', retryable: false })
  })

  test('is logged once and counted', async ({ holding }) => {
    await holding.open()
    holding.core.answer(page(404))
    for (let call = 0; call < 5; call++) await holding.send(['a'])
    expect(holding.gateway.log.filter((line) => line.includes('not JSON'))).toHaveLength(1)
    expect(await holding.gateway.metrics.registry.metrics()).toContain(
      'core_rejections_total{reason="response_not_json"} 5',
    )
  })

  test.for([404, 200, 401, 413])('%i never opens the circuit', async (status, { holding }) => {
    await holding.open()
    holding.core.answer(page(status))
    for (let call = 0; call < 30; call++) await holding.send(['a'])
    expect(holding.gateway.health.ready).toBe(true)
  })

  test('502, 503 and 504 of a proxy open the circuit, and its page does not close it', async ({ holding }) => {
    await holding.open()
    holding.core.answer(page(502))
    await Promise.all(Array.from({ length: 30 }, () => holding.send(['a'])))
    expect(holding.gateway.health.ready).toBe(false)
    for (const script of [page(200), page(404), page(204, '')]) {
      holding.core.answer(script)
      await expect.poll(() => holding.core.seen.length).toBe(1)
      expect(holding.core.seen[0]?.url).toBe('/mcp/health')
      // The next probe proves that this one did not close the circuit.
      await expect.poll(() => holding.core.seen.length).toBe(2)
      expect(holding.gateway.health.ready).toBe(false)
    }
    holding.core.answer(reply(404, { detail: 'no such path' }))
    await expect.poll(() => holding.gateway.health.ready).toBe(true)
  })
})

describe('a merged batch with a response that is not from Core', () => {
  async function sendMerged(holding: Holding) {
    await holding.start()
    await holding.occupy()
    const responses = await holding.wait(...['a', 'b'].map((id) => () => holding.send([id])))
    return { responses, call: await holding.next() }
  }

  test('with 413: each batch is sent again unmerged', async ({ holding }) => {
    const { responses, call } = await sendMerged(holding)
    holding.core.answer(acceptAll)
    call.answer(page(413))
    expect((await Promise.all(responses)).map(({ value }) => value)).toEqual([accepted('a'), accepted('b')])
  })

  test.for([200, 302, 429, 502, 503])(
    'with %i: all may retry, and batches are still merged',
    async (status, { holding }) => {
      const { responses, call } = await sendMerged(holding)
      call.answer(page(status))
      for (const { problem } of await Promise.all(responses)) {
        expect(problem).toMatchObject({ status: 502, code: 'BAD_GATEWAY', retryable: true })
      }
      for (const one of holding.held) one.answer()
      await Promise.all(holding.inFlight)
      await holding.occupy()
      const later = await holding.wait(...['c', 'd'].map((id) => () => holding.send([id])))
      const merged = await holding.next()
      expect(merged.ids).toEqual(['c', 'd'])
      merged.answer()
      expect((await Promise.all(later)).map(({ status }) => status)).toEqual([200, 200])
    },
  )
})
