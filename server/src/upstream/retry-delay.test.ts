import { expect, test } from 'vitest'
import { retryDelay } from './client.ts'

const situation = { attempt: 1, retryAfterMs: undefined, remainingMs: 60_000, random: () => 0.5 }

test('backoff doubles from 200 ms to 5 s, with full jitter', () => {
  const maximums = [1, 2, 3, 4, 5, 6, 7].map((attempt) => retryDelay({ ...situation, attempt, random: () => 1 }))
  expect(maximums).toEqual([200, 400, 800, 1600, 3200, 5000, 5000])
  expect(retryDelay({ ...situation, attempt: 7, random: () => 0 })).toBe(1)
})

test.each([
  [1000, 1100],
  [1, 101],
  [0, 100],
  [-5000, 100],
  [Number.NaN, 100],
])('after a Retry-After of %d ms the delay is %d ms', (retryAfterMs, delay) => {
  expect(retryDelay({ ...situation, retryAfterMs })).toBe(delay)
})

test('returns 0 if the wait would not end before the deadline', () => {
  expect(retryDelay({ ...situation, remainingMs: 100 })).toBe(0)
  expect(retryDelay({ ...situation, retryAfterMs: 999_999_000 })).toBe(0)
  expect(retryDelay({ ...situation, remainingMs: 101 })).toBe(100)
})
