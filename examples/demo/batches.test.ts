import type { MCPEvent } from '@achilles/mcp-client'
import { describe, expect, test } from 'vitest'
import { batches } from './batches.ts'
import { collect } from './testing/collect.ts'

const event = (event_id: string, file_path = 'a'): MCPEvent => ({
  event_id,
  event_type: 'file_edited',
  source_type: 'cli',
  session_id: 'ses_1',
  timestamp: '2026-03-02T09:00:00Z',
  file_path,
})

async function* stream(events: MCPEvent[]) {
  yield* events
}

const bodyBytes = (events: MCPEvent[]) => Buffer.byteLength(JSON.stringify({ 0: { json: { events } } }))

describe('batches', () => {
  const seven = Array.from({ length: 7 }, (_, index) => event(`e${index}`))

  test('hold no more events than granted, in their order', async () => {
    const gathered = await collect(batches(stream(seven), { maxEvents: 3, maxBytes: 1e6 }))
    expect(gathered.map((batch) => batch.map(({ event_id }) => event_id))).toEqual([
      ['e0', 'e1', 'e2'],
      ['e3', 'e4', 'e5'],
      ['e6'],
    ])
  })

  test('fill a body to the last byte granted, and not beyond', async () => {
    const exact = bodyBytes(seven.slice(0, 3))
    for (const [maxBytes, first] of [
      [exact + 1, 3],
      [exact - 1, 2],
    ] as const) {
      const gathered = await collect(batches(stream(seven), { maxEvents: 100, maxBytes }))
      expect(gathered[0]).toHaveLength(first)
      expect(gathered.flat()).toEqual(seven)
      for (const batch of gathered) expect(bodyBytes(batch)).toBeLessThanOrEqual(maxBytes)
    }
  })

  test('count bytes, not characters', async () => {
    const wide = [event('e0', 'é'.repeat(1000)), event('e1', 'é'.repeat(1000))]
    const gathered = await collect(batches(stream(wide), { maxEvents: 100, maxBytes: 3000 }))
    expect(gathered).toHaveLength(2)
  })

  test('an event too large travels alone', async () => {
    const events = [event('e0'), event('e1', 'x'.repeat(5000)), event('e2')]
    const gathered = await collect(batches(stream(events), { maxEvents: 100, maxBytes: 1000 }))
    expect(gathered.map((batch) => batch.length)).toEqual([1, 1, 1])
  })

  test('of nothing are none', async () => {
    expect(await collect(batches(stream([]), { maxEvents: 1, maxBytes: 1000 }))).toEqual([])
  })
})
