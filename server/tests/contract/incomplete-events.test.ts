import { createGatewayClient } from '@achilles/mcp-client'
import type { EventBatchResponse, MCPEventBatch } from '@achilles/mcp-contract'
import { describe, expect } from 'vitest'
import type { Script } from '../support/scripted-core.ts'
import { test } from '../support/scripted-gateway.ts'
import type { TestGateway } from '../support/test-gateway.ts'

type Sent = { events: Record<string, unknown>[] }

const EVENT = { event_type: 'error', source_type: 'ide', session_id: 's' }
const TIME = '2026-03-02T09:00:00Z'
const UUID_7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
const UUID_5 = /^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
const LENIENT = { prefer: 'handling=lenient' }

/** Core accepts each event. */
const accept: Script = ({ text }, response) => {
  const { events } = JSON.parse(text) as Sent
  const results = events.map(({ event_id }) => ({ event_id, status: 'accepted' }))
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ results, failed: [] }))
}

type Headers = Record<string, string>
const surfaces: [
  name: string,
  send: (gateway: TestGateway, batch: unknown, headers?: Headers) => ReturnType<TestGateway['rest']>,
][] = [
  ['REST', (gateway, batch, headers) => gateway.rest('POST', '/signals/events/batch', batch, headers)],
  ['native', (gateway, batch, headers) => gateway.native('signals.ingestBatch', batch, undefined, headers)],
  ['MCP', (gateway, batch, headers) => gateway.mcp('signals.ingestBatch', batch, headers)],
]

const sentTo = ({ seen }: { seen: { text: string }[] }) => seen.map(({ text }) => (JSON.parse(text) as Sent).events)

describe.each(surfaces)('by %s', (_surface, send) => {
  test('an event without an id or a time gets them', async ({ core, gateway }) => {
    core.answer(accept)
    const before = Date.now()
    const events = [EVENT, { ...EVENT, event_id: 'mine' }, { ...EVENT, timestamp: TIME }]
    const { status, value } = await send(gateway, { events })
    expect(status).toBe(200)
    const [[first, second, third] = []] = sentTo(core)
    expect(first).toEqual({ ...EVENT, event_id: expect.stringMatching(UUID_7), timestamp: second?.timestamp })
    expect(second).toEqual({ ...EVENT, event_id: 'mine', timestamp: expect.any(String) })
    expect(third).toEqual({ ...EVENT, event_id: expect.stringMatching(UUID_7), timestamp: TIME })
    expect(first?.event_id).not.toBe(third?.event_id)
    const received = Date.parse(String(first?.timestamp))
    expect(received).toBeGreaterThanOrEqual(before)
    expect(received).toBeLessThanOrEqual(Date.now())
    // The caller gets the ids.
    const { results } = value as EventBatchResponse
    expect(results.map(({ event_id }) => event_id)).toEqual([first?.event_id, 'mine', third?.event_id])
  })

  test('a retry with the same idempotency key sends events with the same ids', async ({ core, gateway }) => {
    core.answer(accept)
    const events = [EVENT, EVENT]
    for (const key of ['a key', 'a key', 'another']) await send(gateway, { events }, { 'idempotency-key': key })
    const ids = sentTo(core).map((events) => events.map(({ event_id }) => event_id))
    const [first, again, other] = ids
    expect(first).toEqual([expect.stringMatching(UUID_5), expect.stringMatching(UUID_5)])
    expect(new Set(ids.flat()).size).toBe(4)
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
    // The times differ, and Core rejects a known key with another body.
    expect(new Set(core.seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(3)
  })

  test('the key reaches Core if the events have times', async ({ core, gateway }) => {
    core.answer(accept)
    await send(gateway, { events: [{ ...EVENT, timestamp: TIME }] }, { 'idempotency-key': 'k' })
    expect(core.seen[0]?.headers['idempotency-key']).toBe('k')
  })

  test('invalid events are in failed if the caller prefers it; the others are forwarded', async ({ core, gateway }) => {
    core.answer(accept)
    const events = [
      { ...EVENT, event_id: 'a', timestamp: TIME },
      { ...EVENT, event_id: 'b', timestamp: 'noon', extra: 1 },
      { ...EVENT, event_id: 'a', timestamp: TIME },
      'no event',
      { ...EVENT, timestamp: TIME },
    ]
    const { status, value, headers } = await send(gateway, { events }, { ...LENIENT, 'idempotency-key': 'k' })
    expect(status).toBe(200)
    expect(headers.get('preference-applied')).toBe('handling=lenient')
    const { results, failed } = value as EventBatchResponse
    const [sent] = sentTo(core)
    expect(sent?.map(({ event_id }) => event_id)).toEqual(['a', expect.stringMatching(UUID_5)])
    expect(results.map(({ event_id }) => event_id)).toEqual(sent?.map(({ event_id }) => event_id))
    expect(failed).toEqual([
      {
        event_id: 'b',
        code: 'BAD_REQUEST',
        error: `events[1].timestamp: must be RFC 3339 with Z or an offset, such as 2026-03-02T09:04:11+01:00; events[1].extra: unknown key`,
      },
      { event_id: 'a', code: 'BAD_REQUEST', error: 'events[2].event_id: same event_id as events[0]' },
      { event_id: expect.stringMatching(UUID_5), code: 'BAD_REQUEST', error: expect.stringMatching(/^events\[3\]: /) },
    ])
    // As in the whole batch: a corrected one has the same ids.
    core.answer(accept)
    await send(
      gateway,
      { events: [EVENT, EVENT, EVENT, EVENT, { ...EVENT, timestamp: TIME }] },
      { 'idempotency-key': 'k' },
    )
    expect(sentTo(core)[0]?.[4]?.event_id).toBe(sent?.[1]?.event_id)
  })

  test('Core’s own failures stay, and the added fields of its response', async ({ core, gateway }) => {
    const unknown = { event_id: 'a', error: 'session s is unknown', code: 'UNKNOWN_SESSION' }
    core.answer((_request, response) => response.end(JSON.stringify({ results: [], failed: [unknown], more: 1 })))
    const events = [{ ...EVENT, event_id: 'a', timestamp: TIME }, { event_id: 'b' }]
    const { value } = await send(gateway, { events }, LENIENT)
    expect(value).toMatchObject({ results: [], failed: [unknown, { event_id: 'b', code: 'BAD_REQUEST' }], more: 1 })
  })

  test('without a valid event Core is not called', async ({ core, gateway }) => {
    core.answer(accept)
    const { status, value } = await send(gateway, { events: [{}, null, { event_id: 'x'.repeat(1000) }] }, LENIENT)
    expect(status).toBe(200)
    const { results, failed } = value as EventBatchResponse
    expect(results).toEqual([])
    expect(failed.map(({ event_id }) => event_id.length)).toEqual([36, 36, 257])
    expect(core.seen).toEqual([])
  })

  test.for<[string, unknown]>([
    ['no batch', 'text'],
    ['no list', { events: {} }],
    ['an empty list', { events: [] }],
    ['too many events', { events: Array.from({ length: 1001 }, () => EVENT) }],
    ['an unknown key beside the events', { events: [{ ...EVENT, timestamp: TIME }], more: 1 }],
  ])('%s is rejected as a whole', async ([_what, batch], { core, gateway }) => {
    core.answer(accept)
    const { status, headers } = await send(gateway, batch, LENIENT)
    expect(status).toBe(400)
    expect(headers.get('preference-applied')).toBeNull()
    expect(core.seen).toEqual([])
  })

  test('without the preference one invalid event rejects the batch', async ({ core, gateway }) => {
    core.answer(accept)
    const { problem } = await send(gateway, { events: [EVENT, { event_id: 'b' }] }, { prefer: 'handling=strict' })
    expect(problem).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
    expect(core.seen).toEqual([])
  })
})

test('a single event gets what it lacks, too', async ({ core, gateway }) => {
  core.answer(accept)
  const { value } = await gateway.rest('POST', '/signals/events', EVENT, { 'idempotency-key': 'k' })
  const [[sent] = []] = sentTo(core)
  expect(sent).toEqual({ ...EVENT, event_id: expect.stringMatching(UUID_5), timestamp: expect.any(String) })
  expect(value).toMatchObject({ results: [{ event_id: sent?.event_id }] })
})

test('a text with a duplicate key in place of the id is not forwarded verbatim', async ({ core, gateway }) => {
  core.answer(accept)
  const event = JSON.stringify({ ...EVENT, timestamp: TIME }).replace('{', '{"event_type":"custom",')
  await gateway.rest('POST', '/signals/events/batch', `{"events":[${event}]}`)
  expect(sentTo(core)[0]?.[0]).toMatchObject({ event_type: 'error', event_id: expect.stringMatching(UUID_7) })
})

test('calls of a native batch with one key have different ids', async ({ core, gateway }) => {
  core.answer(accept)
  const batch = { json: { events: [EVENT] } }
  await fetch(`${gateway.url}/trpc/signals.ingestBatch,signals.ingestBatch?batch=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
    body: JSON.stringify({ 0: batch, 1: batch }),
  })
  expect(new Set(sentTo(core).flatMap((events) => events.map(({ event_id }) => event_id))).size).toBe(2)
})

test('the client says what it prefers in the context of a call', async ({ core, gateway }) => {
  core.answer(accept)
  const client = createGatewayClient({ url: gateway.url })
  const batch = { events: [EVENT, { ...EVENT, timestamp: 'noon' }] } as MCPEventBatch
  const response = await client.signals.ingestBatch.mutate(batch, { context: { handling: 'lenient' } })
  expect(response).toMatchObject({ results: [{ status: 'accepted' }], failed: [{ code: 'BAD_REQUEST' }] })
  await expect(client.signals.ingestBatch.mutate(batch)).rejects.toMatchObject({ data: { code: 'BAD_REQUEST' } })
})
