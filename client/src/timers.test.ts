import { afterEach, expect, test, vi } from 'vitest'
import { delay } from './timers.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('a delay ends early with its signal, and leaves nothing behind', async () => {
  vi.useFakeTimers()
  const caller = new AbortController()
  const delayed = delay(60_000, caller.signal)
  caller.abort()
  await delayed
  expect(vi.getTimerCount()).toBe(0)
  await delay(60_000, caller.signal)
})
