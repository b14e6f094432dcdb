import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { saysTheSame } from './says-the-same.ts'

const says = (text: string, value: unknown = JSON.parse(text)) => saysTheSame(Buffer.from(text), value)

test.each(['{}', '[]', '5', '"a"', ' { "a" : [ 1.0 , {"b":"ü"} , true, null ] }\n', '{"a":":b","c":""}'])(
  '%s says what is read out of it',
  (text) => expect(says(text)).toBe(true),
)

test.each([
  '{"a":1,"a":2}',
  '{"a":1,"a" \t:2}',
  '{"a":{"b":1,"b":{}}}',
  '[{"a":"x","a":"x"}]',
  '{"a":1,"b":{},"a":":"}',
  '{"__proto__":1,"__proto__":2}',
])('%s says more', (text) => expect(says(text)).toBe(false))

test.each([String.raw`{"\u0061":1}`, String.raw`{"a":"\n"}`])('%s might be read in another way', (text) =>
  expect(says(text)).toBe(false),
)

test('a value that was changed on the way is not what the text says', () => {
  expect(says('{"a":1}', { a: 1, b: 2 })).toBe(false)
  expect(says('{"a":"1"}', { a: 1n })).toBe(false)
  expect(says('{"a":1}', { a: 1n })).toBe(false)
  expect(says('{"a":1}', { a: 1, b: undefined })).toBe(true)
})

test('quotes are counted wherever the text lies in memory, and none beside it', () => {
  for (const length of [0, 1, 2, 3, 4, 5, 9]) {
    for (const offset of [8, 9, 10, 11]) {
      const text = JSON.stringify(['x'.repeat(length), 'y'])
      const memory = Buffer.alloc(64, '"')
      memory.write(text, offset)
      const { buffer, byteOffset } = memory
      expect(saysTheSame(Buffer.from(buffer, byteOffset + offset, text.length), ['', ''])).toBe(true)
    }
  }
})

describe('whatever the JSON', () => {
  // Anything that JSON need not escape.
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

  test('its text says the same', () => {
    fc.assert(fc.property(value, fc.nat(4), (one, indent) => says(JSON.stringify(one, null, indent))))
  })

  test('with a key of it twice it says more', () => {
    const twice = fc.tuple(fc.dictionary(text, value, { minKeys: 1 }), value, fc.boolean())
    fc.assert(
      fc.property(twice, ([object, other, isFirst]) => {
        const [key] = Object.keys(object)
        const again = `${JSON.stringify(key)}:${JSON.stringify(other)}`
        const inside = JSON.stringify(object).slice(1, -1)
        return !says(isFirst ? `{${again},${inside}}` : `{${inside},${again}}`)
      }),
    )
  })
})
