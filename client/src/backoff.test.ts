import { afterEach, expect, test, vi } from 'vitest'
import { backoffMs, pause } from './backoff.ts'

afterEach(() => {
  vi.useRealTimers()
})

test.each([
  [1, 0, 50],
  [1, 1, 100],
  [3, 0, 200],
  [3, 1, 400],
  [20, 1, 1_000],
])('after %i failures with chance %d: %i ms', (failures, chance, ms) => {
  expect(backoffMs(failures, { firstMs: 100, maxMs: 1_000 }, () => chance)).toBe(ms)
})

test('a pause ends early with its signal, and leaves nothing behind', async () => {
  vi.useFakeTimers()
  const caller = new AbortController()
  const paused = pause(60_000, caller.signal)
  caller.abort()
  await paused
  expect(vi.getTimerCount()).toBe(0)
  await pause(60_000, caller.signal)
})
