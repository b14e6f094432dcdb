import { expect, test } from 'vitest'
import { parseRetryAfter } from './gateway-fetch.ts'

const now = Date.parse('2026-03-02T09:00:00Z')

test.each([
  [null, undefined],
  ['0', 0],
  ['120', 120_000],
  ['Mon, 02 Mar 2026 09:00:30 GMT', 30_000],
  ['Mon, 02 Mar 2026 08:59:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
  ['9'.repeat(400), Number.POSITIVE_INFINITY],
])('a Retry-After of %j asks for %s ms', (header, ms) => {
  expect(parseRetryAfter(header, now)).toBe(ms)
})
