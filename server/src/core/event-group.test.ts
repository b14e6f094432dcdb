import { stringifyJson } from '@achilles/mcp-contract'
import { expect, test } from 'vitest'
import { CallDeadline } from './deadline.ts'
import { EventGroup } from './event-group.ts'
import { WaitingBatch } from './waiting-batch.ts'

const ROOMY = { maxEvents: 1000, maxBytes: 1_000_000 }

function batchOf(...ids: string[]): WaitingBatch {
  const events = ids.map((event_id) => ({ event_id }))
  const body = Buffer.from(stringifyJson({ events }))
  const watch = { begin: () => ({}), end: () => {} }
  const deadline = new CallDeadline(60_000, undefined)
  deadline.clear()
  return new WaitingBatch({ method: 'POST', path: '/', body, headers: {}, signal: undefined, watch }, ids, deadline)
}

function groupOf(...batches: WaitingBatch[]): EventGroup {
  const group = new EventGroup()
  for (const batch of batches) expect(group.take(batch, ROOMY)).toBe(true)
  return group
}

test('bodies are joined to the very body that holds all events', () => {
  const group = groupOf(batchOf('ä', 'b'), batchOf(']}'), batchOf('c'))
  expect(group.join().toString()).toBe(
    stringifyJson({ events: ['ä', 'b', ']}', 'c'].map((event_id) => ({ event_id })) }),
  )
})

test('the first fits anyhow, the next only within the sizes, to the event and the byte', () => {
  const size = groupOf(batchOf('a'), batchOf('b')).join().length
  for (const [sizes, fits] of [
    [{ maxEvents: 2, maxBytes: size }, true],
    [{ maxEvents: 1, maxBytes: size }, false],
    [{ maxEvents: 2, maxBytes: size - 1 }, false],
  ] as const) {
    const group = new EventGroup()
    expect(group.take(batchOf('a'), { maxEvents: 0, maxBytes: 0 })).toBe(true)
    expect(group.take(batchOf('b'), sizes)).toBe(fits)
    expect(group.batches).toHaveLength(fits ? 2 : 1)
  }
})

test('a batch that names an event of another is not taken, and leaves nothing behind', () => {
  const group = groupOf(batchOf('a'))
  expect(group.take(batchOf('b', 'a'), ROOMY)).toBe(false)
  expect(group.take(batchOf('b'), ROOMY)).toBe(true)
  expect(group.join().toString()).toBe('{"events":[{"event_id":"a"},{"event_id":"b"}]}')
})

test('each gets its own entries in Core’s order; what no double holds is as in an answer of its own', async () => {
  const [one, two] = [batchOf('a', 'b'), batchOf('c')]
  const text =
    '{"failed":[{"event_id":"b","error":"no"}],"results":[{"event_id":"c","n":12345678901234567890,"f":0.12345678901234567890123},{"event_id":"a","x":{}}]}'
  expect(groupOf(one, two).divide(Buffer.from(text))).toBe(true)
  const [first, second] = [await one.answer, await two.answer]
  expect(first.bytes.toString()).toBe('{"results":[{"event_id":"a","x":{}}],"failed":[{"event_id":"b","error":"no"}]}')
  expect(second.bytes.toString()).toBe(
    '{"results":[{"event_id":"c","n":12345678901234567890,"f":0.12345678901234567890123}],"failed":[]}',
  )
  expect(second.value).toEqual({
    results: [{ event_id: 'c', n: 12345678901234567890n, f: 0.12345678901234568 }],
    failed: [],
  })
})

test('where anything is not one batch’s alone, nobody gets anything', async () => {
  const batch = batchOf('a')
  const group = groupOf(batch, batchOf('b'))
  expect(group.divide(Buffer.from('{"results":[{"event_id":"a"},{"event_id":"a"}],"failed":[]}'))).toBe(false)
  batch.fail('still waiting')
  await expect(batch.answer).rejects.toBe('still waiting')
})
