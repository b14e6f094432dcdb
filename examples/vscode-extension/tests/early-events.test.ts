import { expect, test } from 'vitest'
import { EarlyEvents } from '../src/early-events.ts'

test('past its size the oldest goes, and is counted', () => {
  const early = new EarlyEvents(2)
  expect(early.since).toBeUndefined()
  const [first, second, third] = ['2026-03-02T09:00:00Z', '2026-03-02T09:00:01Z', '2026-03-02T09:00:02Z']
  for (const timestamp of [first, second, third]) {
    early.add({ event_type: 'file_saved', source_type: 'ide', ...(timestamp && { timestamp }) })
  }
  expect(early).toMatchObject({ count: 2, dropped: 1, since: second })
  expect(early.takeAll().map(({ timestamp }) => timestamp)).toEqual([second, third])
  expect(early.count).toBe(0)
})
