import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canForwardVerbatim } from './encode-body.ts'

const canForward = (text: string, value: unknown = JSON.parse(text)) => canForwardVerbatim(Buffer.from(text), value)

test.each(['{}', '[]', '5', '"a"', ' { "a" : [ 1.0 , {"b":"ü"} , true, null ] }\n', '{"a":":b","c":""}'])(
  '%s can be forwarded verbatim',
  (text) => expect(canForward(text)).toBe(true),
)

test.each([
  '{"a":1,"a":2}',
  '{"a":1,"a" \t:2}',
  '{"a":{"b":1,"b":{}}}',
  '[{"a":"x","a":"x"}]',
  '{"a":1,"b":{},"a":":"}',
  '{"__proto__":1,"__proto__":2}',
])('%s has a duplicate key', (text) => expect(canForward(text)).toBe(false))

test.each([String.raw`{"\u0061":1}`, String.raw`{"a":"\n"}`])('%s has an escape', (text) =>
  expect(canForward(text)).toBe(false),
)

test('a text is not forwarded for a value that was changed after parsing', () => {
  expect(canForward('{"a":1}', { a: 1, b: 2 })).toBe(false)
  expect(canForward('{"a":"1"}', { a: 1n })).toBe(false)
  expect(canForward('{"a":1}', { a: 1n })).toBe(false)
  expect(canForward('{"a":1}', { a: 1, b: undefined })).toBe(true)
})

test('quotes are counted at any alignment in memory, and none outside the text', () => {
  for (const length of [0, 1, 2, 3, 4, 5, 9]) {
    for (const offset of [8, 9, 10, 11]) {
      const text = JSON.stringify(['x'.repeat(length), 'y'])
      const memory = Buffer.alloc(64, '"')
      memory.write(text, offset)
      const { buffer, byteOffset } = memory
      expect(canForwardVerbatim(Buffer.from(buffer, byteOffset + offset, text.length), ['', ''])).toBe(true)
    }
  }
})

describe('for any JSON value', () => {
  // Strings that JSON does not escape.
  const text = fc.string({ unit: 'grapheme' }).filter((one) => JSON.stringify(one).length === one.length + 2)
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value')),
      fc.dictionary(text, tie('value')),
    ),
  }))

  test('its text can be forwarded', () => {
    fc.assert(fc.property(value, fc.nat(4), (one, indent) => canForward(JSON.stringify(one, null, indent))))
  })

  test('its text with a duplicate key cannot be forwarded', () => {
    const twice = fc.tuple(fc.dictionary(text, value, { minKeys: 1 }), value, fc.boolean())
    fc.assert(
      fc.property(twice, ([object, other, isFirst]) => {
        const [key] = Object.keys(object)
        const again = `${JSON.stringify(key)}:${JSON.stringify(other)}`
        const inside = JSON.stringify(object).slice(1, -1)
        return !canForward(isFirst ? `{${again},${inside}}` : `{${inside},${again}}`)
      }),
    )
  })
})
