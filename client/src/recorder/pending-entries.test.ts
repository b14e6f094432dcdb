import fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8Length } from './pending-entries.ts'

test('a length in UTF-8 is what an encoder makes of any text, short or long', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(1, 1_000), (text, times) => {
      const whole = text.repeat(times)
      expect(utf8Length(whole)).toBe(new TextEncoder().encode(whole).length)
    }),
  )
})

test.each([8 * 1024 - 1, 8 * 1024, 8 * 1024 + 1])('the length of a text of %d units', (units) => {
  expect(utf8Length('x'.repeat(units))).toBe(units)
  expect(utf8Length(`${'x'.repeat(units - 2)}😀`)).toBe(units + 2)
})

test('a lone surrogate counts as the replacement that is sent for it', () => {
  expect(utf8Length('\ud800')).toBe(3)
})
