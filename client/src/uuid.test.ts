import { afterEach, expect, test, vi } from 'vitest'
import { uuid } from './uuid.ts'

const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

test('is unique, on pages without TLS too', () => {
  const ids = new Set(Array.from({ length: 100 }, uuid))
  vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) })
  for (let count = 0; count < 100; count++) ids.add(uuid())
  expect(ids.size).toBe(200)
  for (const id of ids) expect(id).toMatch(VERSION_7)
})

test('begins with the time in milliseconds', () => {
  vi.useFakeTimers({ now: 0x0123_4567_89ab })
  expect(uuid()).toMatch(/^01234567-89ab-7/)
})
