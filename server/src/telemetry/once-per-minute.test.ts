import { expect, test } from 'vitest'
import { oncePerMinute } from './once-per-minute.ts'

test('each key is due once a minute', () => {
  let now = 0
  const isDue = oncePerMinute(() => now)
  expect([isDue('a'), isDue('a'), isDue('b')]).toEqual([true, false, true])
  now = 59_999
  expect(isDue('a')).toBe(false)
  now = 60_000
  expect([isDue('a'), isDue('a')]).toEqual([true, false])
})
