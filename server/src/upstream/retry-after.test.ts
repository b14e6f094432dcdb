import { expect, test } from 'vitest'
import { parseRetryAfter } from './retry-after.ts'

const NOW = Date.UTC(1994, 10, 6, 8, 49, 30)

test.each([
  ['0', 0],
  ['7', 7000],
  ['3000000', 3_000_000_000],
  ['9999999999', 9_999_999_999_000],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 7000],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 7000],
  ['Sun Nov  6 08:49:37 1994', 7000],
  ['Sun, 06 Nov 1994 08:49:00 GMT', 0],
])('%s is parsed as %d ms', (header, ms) => {
  expect(parseRetryAfter(header, NOW)).toBe(ms)
})

test.each([
  undefined,
  '',
  ' 7',
  'soon',
  '-5',
  '+5',
  '5.5',
  '1e3',
  '0x10',
  'Infinity',
  '7, 8',
  '99999999999',
  '1994-11-06T08:49:37Z',
  'Sun, 06 Nov 1994 08:49:37 +0100',
  'Sun, 99 Foo 1994 08:49:37 GMT',
])('%j is neither seconds nor a date', (header) => {
  expect(parseRetryAfter(header, NOW)).toBeUndefined()
})
