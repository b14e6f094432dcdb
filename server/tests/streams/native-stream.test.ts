import { createTRPCClient, httpSubscriptionLink, type TRPCClientError } from '@trpc/client'
import { EventSource } from 'eventsource'
import superjson from 'superjson'
import { describe, expect } from 'vitest'
import type { AppRouter } from '../../src/procedures/router.ts'
import { openStream } from '../support/event-stream.ts'
import { newInsight } from '../support/insight-core.ts'
import { test as base, countStreams, sendBatch } from '../support/insight-gateway.ts'
import { reply } from '../support/scripted-core.ts'

/** What tRPC's own client reports. */
interface Seen {
  ids: string[]
  states: string[]
  errors: TRPCClientError<AppRouter>[]
}

const test = base.extend('subscribe', ({ gateway }, { onCleanup }) => {
  const ending: (() => void)[] = []
  onCleanup(() => {
    for (const end of ending) end()
  })
  return (input: { session_id: string; since?: Date | string; lastEventId?: string }): Seen => {
    const client = createTRPCClient<AppRouter>({
      links: [httpSubscriptionLink({ url: `${gateway.url}/trpc`, transformer: superjson, EventSource })],
    })
    const seen: Seen = { ids: [], states: [], errors: [] }
    const { unsubscribe } = client.signals.watchInsights.subscribe(input, {
      onData({ id, data }) {
        expect(data.insight_id).toBe(id)
        seen.ids.push(id)
      },
      onConnectionStateChange: ({ state }) => seen.states.push(state),
      onError: (error) => seen.errors.push(error),
    })
    ending.push(unsubscribe)
    return seen
  }
})

test('tRPC’s own client gets existing insights, then new ones', async ({ core, gateway, subscribe }) => {
  const existing = core.create('s', 3)
  const seen = subscribe({ session_id: 's' })
  await expect.poll(() => seen.ids).toEqual(existing)
  expect(seen.states).toEqual(['connecting', 'pending'])
  const more = core.create('s', 2)
  await sendBatch(gateway, 's')
  await expect.poll(() => seen.ids).toEqual([...existing, ...more])
})

test('it resumes after an insight, and since a Date', async ({ core, subscribe }) => {
  const ids = core.create('s', 5)
  const after = subscribe({ session_id: 's', lastEventId: 's-2' })
  const since = subscribe({ session_id: 's', since: new Date(newInsight('s', 0).created_at) })
  await expect.poll(() => after.ids).toEqual(ids.slice(3))
  await expect.poll(() => since.ids).toEqual(ids)
})

test('the wire format is tRPC’s, with retry and status', async ({ core, gateway }) => {
  core.create('s')
  const input = encodeURIComponent(JSON.stringify({ json: { session_id: 's' } }))
  const stream = await openStream(`${gateway.url}/trpc/signals.watchInsights?input=${input}`)
  await expect.poll(() => stream.events.length).toBeGreaterThan(3)
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream')
  expect(stream.response.headers.get('cache-control')).toBe('no-store, no-transform')
  expect(stream.retries).toEqual([2000])
  expect(stream.events.slice(0, 3)).toEqual([
    { id: undefined, event: 'connected', data: '{"reconnectAfterInactivityMs":45000}' },
    { id: 's-0', event: undefined, data: JSON.stringify({ json: newInsight('s', 0) }) },
    { id: undefined, event: 'ping', data: '' },
  ])
  core.script = reply(503, {})
  await sendBatch(gateway, 's')
  await expect.poll(() => stream.events).toContainEqual({ id: undefined, event: 'status', data: 'degraded' })
  stream.close()
  await expect.poll(() => countStreams(gateway)).toEqual({ streams: 0, sessions: 0 })
})

test('a number beyond a double is a bigint', async ({ core, gateway }) => {
  const insight = JSON.stringify(newInsight('s', 0)).replace('"number":0', '"number":12345678901234567890')
  core.script = reply(200, `[${insight}]`)
  const input = encodeURIComponent(JSON.stringify({ json: { session_id: 's' } }))
  const stream = await openStream(`${gateway.url}/trpc/signals.watchInsights?input=${input}`)
  await expect.poll(() => stream.events.length).toBeGreaterThan(1)
  expect(superjson.parse(stream.events[1]?.data ?? '')).toMatchObject({ payload: { number: 12345678901234567890n } })
  stream.close()
})

describe('faults', () => {
  test('the problem is the error’s data', async ({ core, subscribe }) => {
    core.script = reply(404, { detail: 'no such session' })
    const { errors } = subscribe({ session_id: 's' })
    await expect.poll(() => errors.map(({ data }) => data)).toMatchObject([{ status: 404, code: 'NOT_FOUND' }])
  })

  test('an invalid input', async ({ subscribe }) => {
    const { errors } = subscribe({ session_id: '' })
    await expect.poll(() => errors.map(({ data }) => data)).toMatchObject([{ code: 'BAD_REQUEST' }])
  })

  test('POST, and a batch, open no stream', async ({ gateway }) => {
    const url = `${gateway.url}/trpc/signals.watchInsights`
    const init = {
      method: 'POST',
      body: '{"json":{"session_id":"s"}}',
      headers: { 'content-type': 'application/json' },
    }
    const posted = await fetch(url, init)
    expect(posted.status).toBe(405)
    expect(posted.headers.get('allow')).toBe('GET, HEAD')
    expect(await posted.json()).toMatchObject({ error: { json: { data: { code: 'METHOD_NOT_SUPPORTED' } } } })
    const batch = await fetch(`${url}?batch=1&input=${encodeURIComponent('{"0":{"json":{"session_id":"s"}}}')}`)
    expect(batch.status).toBe(400)
  })

  test('HEAD leaves no stream', async ({ gateway }) => {
    const input = encodeURIComponent(JSON.stringify({ json: { session_id: 's' } }))
    const response = await fetch(`${gateway.url}/trpc/signals.watchInsights?input=${input}`, { method: 'HEAD' })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    await expect.poll(() => countStreams(gateway)).toEqual({ streams: 0, sessions: 0 })
  })
})
