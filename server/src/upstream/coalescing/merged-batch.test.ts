import { stringifyJson } from '@achilles/mcp-contract'
import { expect, test } from 'vitest'
import { CallDeadline } from '../deadline.ts'
import { MergedBatch } from './merged-batch.ts'
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

function merge(...batches: WaitingBatch[]): MergedBatch {
  const merged = new MergedBatch()
  for (const batch of batches) expect(merged.add(batch, ROOMY)).toBe(true)
  return merged
}

test('the encoded body equals the body of one batch with all events', () => {
  const merged = merge(batchOf('ä', 'b'), batchOf(']}'), batchOf('c'))
  expect(merged.encode().toString()).toBe(
    stringifyJson({ events: ['ä', 'b', ']}', 'c'].map((event_id) => ({ event_id })) }),
  )
})

test('the first batch always fits, the next only within the limits, to the exact event and byte', () => {
  const size = merge(batchOf('a'), batchOf('b')).encode().length
  for (const [sizes, fits] of [
    [{ maxEvents: 2, maxBytes: size }, true],
    [{ maxEvents: 1, maxBytes: size }, false],
    [{ maxEvents: 2, maxBytes: size - 1 }, false],
  ] as const) {
    const merged = new MergedBatch()
    expect(merged.add(batchOf('a'), { maxEvents: 0, maxBytes: 0 })).toBe(true)
    expect(merged.add(batchOf('b'), sizes)).toBe(fits)
    expect(merged.batches).toHaveLength(fits ? 2 : 1)
  }
})

test('a batch with an event id of another batch is not added', () => {
  const merged = merge(batchOf('a'))
  expect(merged.add(batchOf('b', 'a'), ROOMY)).toBe(false)
  expect(merged.add(batchOf('b'), ROOMY)).toBe(true)
  expect(merged.encode().toString()).toBe('{"events":[{"event_id":"a"},{"event_id":"b"}]}')
})

test('each batch gets its own entries in Core’s order; long numbers are as in an unmerged response', async () => {
  const [one, two] = [batchOf('a', 'b'), batchOf('c')]
  const text =
    '{"failed":[{"event_id":"b","error":"no"}],"results":[{"event_id":"c","n":12345678901234567890,"f":0.12345678901234567890123},{"event_id":"a","x":{}}]}'
  expect(merge(one, two).split(Buffer.from(text))).toBe(true)
  const [first, second] = [await one.response, await two.response]
  expect(first.bytes.toString()).toBe('{"results":[{"event_id":"a","x":{}}],"failed":[{"event_id":"b","error":"no"}]}')
  expect(second.bytes.toString()).toBe(
    '{"results":[{"event_id":"c","n":12345678901234567890,"f":0.12345678901234567890123}],"failed":[]}',
  )
  expect(second.value).toEqual({
    results: [{ event_id: 'c', n: 12345678901234567890n, f: 0.12345678901234568 }],
    failed: [],
  })
})

test('a response with two entries for one event settles no batch', async () => {
  const batch = batchOf('a')
  const merged = merge(batch, batchOf('b'))
  expect(merged.split(Buffer.from('{"results":[{"event_id":"a"},{"event_id":"a"}],"failed":[]}'))).toBe(false)
  batch.fail('still waiting')
  await expect(batch.response).rejects.toBe('still waiting')
})
