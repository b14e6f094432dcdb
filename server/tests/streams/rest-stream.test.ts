import { connect } from 'node:net'
import { describe, expect } from 'vitest'
import { idsOf, type ReadStream } from '../support/event-stream.ts'
import { newInsight } from '../support/insight-core.ts'
import { countStreams, sendBatch, test } from '../support/insight-gateway.ts'
import { reply } from '../support/scripted-core.ts'

test('existing insights come first, oldest first, then each new one', async ({ core, gateway, watch }) => {
  const existing = core.create('s', 3)
  const stream = await watch('session_id=s')
  await expect.poll(() => idsOf(stream)).toEqual(existing)
  const more = core.create('s', 2)
  await sendBatch(gateway, 's')
  await expect.poll(() => idsOf(stream)).toEqual([...existing, ...more])
})

test('the wire format', async ({ core, watch }) => {
  core.create('s')
  const stream = await watch('session_id=s')
  await expect.poll(() => stream.comments.length).toBeGreaterThan(1)
  const { headers, status } = stream.response
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('text/event-stream')
  expect(headers.get('cache-control')).toBe('no-store, no-transform')
  expect(headers.get('x-accel-buffering')).toBe('no')
  expect(headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
  expect(stream.retries).toEqual([2000])
  expect(stream.events).toEqual([{ id: 's-0', event: 'insight', data: JSON.stringify(newInsight('s', 0)) }])
  expect(stream.text).toMatch(/^retry: 2000\n\nid: s-0\nevent: insight\ndata: \{.*\}\n\n(: ping\n\n)+$/)
})

test('numbers and fields that Core adds arrive unchanged', async ({ core, watch }) => {
  const text = JSON.stringify([{ ...newInsight('s', 0), more: { n: 0 } }]).replace('"n":0', '"n":12345678901234567890')
  core.script = reply(200, text)
  const stream = await watch('session_id=s')
  await expect.poll(() => stream.events.length).toBe(1)
  expect(`[${stream.events[0]?.data}]`).toBe(text)
})

describe('resuming', () => {
  test('after an insight, across pages, with none missed and none repeated', async ({ core, watch }) => {
    const ids = core.create('s', 450)
    const stream = await watch('session_id=s', { 'last-event-id': 's-410' })
    await expect.poll(() => idsOf(stream)).toEqual(ids.slice(411))
  })

  test('since a time', async ({ core, watch }) => {
    const ids = core.create('s', 5)
    const stream = await watch(`session_id=s&since=${newInsight('s', 3).created_at}`)
    await expect.poll(() => idsOf(stream)).toEqual(ids.slice(3))
  })

  test('the header takes precedence over the parameter', async ({ core, watch }) => {
    const ids = core.create('s', 5)
    const stream = await watch('session_id=s&lastEventId=s-0', { 'last-event-id': 's-2' })
    await expect.poll(() => idsOf(stream)).toEqual(ids.slice(3))
  })

  test('after an insight that Core does not have, the stream begins again', async ({ core, watch }) => {
    const ids = core.create('s', 205)
    const stream = await watch('session_id=s', { 'last-event-id': 'gone' })
    await expect.poll(() => idsOf(stream)).toEqual(ids)
  })
})

test('watchers of a session share its poll', async ({ core, gateway, watch }) => {
  const streams = await Promise.all(Array.from({ length: 10 }, () => watch('session_id=s')))
  await expect.poll(() => core.queries.length).toBeGreaterThan(1)
  const before = core.queries.length
  const [id] = core.create('s')
  await sendBatch(gateway, 's')
  await expect.poll(() => streams.map(idsOf)).toEqual(streams.map(() => [id]))
  expect(core.queries.length - before).toBeLessThan(5)
  expect(core.queries.at(-1)?.headers).toMatchObject({ 'x-achilles-client': 'anonymous' })
})

test('the last watcher ends the poll', async ({ core, gateway, watch }) => {
  const [one, other] = [await watch('session_id=s'), await watch('session_id=s')]
  one.close()
  await expect.poll(() => countStreams(gateway)).toEqual({ streams: 1, sessions: 1 })
  other.close()
  await expect.poll(() => countStreams(gateway)).toEqual({ streams: 0, sessions: 0 })
  const { length } = core.queries
  await sendBatch(gateway, 's')
  expect(core.queries).toHaveLength(length)
})

describe('faults', () => {
  test.for([
    ['session_id=s&since=yesterday', 400, 'BAD_REQUEST'],
    ['session_id=s&limit=5', 400, 'BAD_REQUEST'],
    ['', 400, 'BAD_REQUEST'],
  ] as const)('%s is rejected', async ([query, status, code], { watch }) => {
    const { response, text } = await ended(await watch(query))
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(JSON.parse(text)).toMatchObject({ code })
  })

  test('an unknown session is a 404', async ({ core, watch }) => {
    core.script = reply(404, { detail: 'no such session' })
    const { response } = await watch('session_id=s')
    expect(response.status).toBe(404)
  })

  test('a fault later ends the stream with a problem', async ({ core, watch }) => {
    const stream = await watch('session_id=s')
    core.script = reply(404, { detail: 'deleted' })
    await stream.ended
    expect(stream.events).toHaveLength(1)
    expect(stream.events[0]).toMatchObject({ event: 'problem' })
    expect(JSON.parse(stream.events[0]?.data ?? '')).toMatchObject({
      status: 404,
      code: 'NOT_FOUND',
      request_id: stream.response.headers.get('x-request-id'),
    })
  })

  test('an insight without a usable id violates the contract', async ({ core, watch }) => {
    core.script = reply(200, [{ ...newInsight('s', 0), insight_id: 'a\nevent: insight' }])
    const { response } = await watch('session_id=s')
    expect(response.status).toBe(502)
  })

  test('while Core is away the stream stays open and reports it', async ({ core, watch }) => {
    core.script = reply(503, { detail: 'busy' }, { 'retry-after': '1' })
    const stream = await watch('session_id=s')
    expect(stream.response.status).toBe(200)
    await expect.poll(() => stream.events).toMatchObject([{ event: 'status', data: 'degraded' }])
    const ids = core.create('s', 2)
    core.script = undefined
    await expect.poll(() => idsOf(stream)).toEqual(ids)
    expect(stream.events[1]).toMatchObject({ event: 'status', data: 'ok' })
  })
})

describe('between pings', () => {
  test.override('settings', { pingMs: 600_000 })

  test('a client disconnect ends the stream at once', async ({ core, gateway, watch }) => {
    core.create('s')
    const stream = await watch('session_id=s')
    await expect.poll(() => idsOf(stream)).toEqual(['s-0'])
    stream.close()
    await expect.poll(() => countStreams(gateway)).toEqual({ streams: 0, sessions: 0 })
  })

  test('a client that ends its half of the connection still gets insights', async ({ core, gateway }) => {
    const socket = connect({ port: Number(new URL(gateway.url).port), host: '127.0.0.1', allowHalfOpen: true })
    const path = '/api/achilles/v1/mcp/signals/insights/stream?session_id=s'
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk) => (text += chunk))
    socket.end(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    await expect.poll(() => text).toContain(': ping')
    core.create('s')
    await sendBatch(gateway, 's')
    await expect.poll(() => text).toContain('id: s-0')
    socket.destroy()
  })
})

test('HEAD gets the headers, and leaves no stream', async ({ gateway }) => {
  const url = `${gateway.url}/api/achilles/v1/mcp/signals/insights/stream?session_id=s`
  const response = await fetch(url, { method: 'HEAD' })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  await expect.poll(() => countStreams(gateway)).toEqual({ streams: 0, sessions: 0 })
})

const ended = async (stream: ReadStream) => {
  await stream.ended
  return stream
}
