import { expect, test } from 'vitest'
import { isAfter, nextInstant, toInstant } from './instant.ts'

const nanosecondsOf = (text: string) => toInstant(text)?.nanoseconds

test('times are compared beyond milliseconds, across offsets', () => {
  const [one, other] = [toInstant('2026-03-02T09:00:00.000001Z'), toInstant('2026-03-02T10:00:00.000002+01:00')]
  expect(one && other && isAfter(other, one)).toBe(true)
  expect(nanosecondsOf('2026-03-02t09:00:00z')).toBe(nanosecondsOf('2026-03-02T10:00:00.000000000999+0100'))
})

test('the text is kept; a time without offset is UTC', () => {
  expect(toInstant('2026-03-02T09:00:00.120-05:00')?.text).toBe('2026-03-02T09:00:00.120-05:00')
  expect(toInstant('2026-03-02 09:00:00.12')?.text).toBe('2026-03-02 09:00:00.12Z')
})

test.each(['', 'yesterday', '2026-03-02', '2026-13-02T09:00:00Z', '2026-03-02T09:00:00X'])('%j is no time', (text) => {
  expect(toInstant(text)).toBeUndefined()
})

test.each([
  ['2026-03-02T09:00:00Z', '2026-03-02T09:00:00.000001Z'],
  ['2026-03-02T10:59:59.9999990+01:00', '2026-03-02T10:00:00.000000Z'],
  ['2026-03-02T09:00:00.000001234Z', '2026-03-02T09:00:00.000002Z'],
])('%s is followed by %s', (text, next) => {
  const instant = toInstant(text)
  expect(instant && nextInstant(instant)).toEqual(toInstant(next))
})
