import { expect, test } from 'vitest'
import { epochMs } from './read-request.ts'

test('offsets, microseconds and far years are ordered', () => {
  const times = [
    '0000-01-01T00:00:00Z',
    '1969-12-31T23:59:59.999999Z',
    '2026-03-02T09:00Z',
    '2026-03-02T09:00:00.412915Z',
    '2026-03-02T10:00:00.412916+01:00',
    '2026-03-02T09:00:00.413Z',
    '9999-12-31T23:59:59-23:59',
  ]
  const ordered = [...times].reverse().sort((a, b) => epochMs(a) - epochMs(b))
  expect(ordered).toEqual(times)
})
