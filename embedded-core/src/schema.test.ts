import { expect, test } from 'vitest'
import { toIsoInstant } from './schema.ts'

test.each([
  ['2026-03-02 09:00:00.412915+00', '2026-03-02T09:00:00.412915Z'],
  ['2026-03-02 09:00:00+00', '2026-03-02T09:00:00.000000Z'],
  ['2026-01-01 00:30:00.5+01', '2025-12-31T23:30:00.500000Z'],
  ['2026-03-02 09:00:00.1-03:30', '2026-03-02T12:30:00.100000Z'],
])('%s is %s', (text, iso) => {
  expect(toIsoInstant(text)).toBe(iso)
})

test('another style is rejected', () => {
  expect(() => toIsoInstant('02/03/2026 09:00:00 CET')).toThrow('ISO style')
})
