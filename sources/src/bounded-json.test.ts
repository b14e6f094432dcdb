import { expect, test } from 'vitest'
import { boundedJson } from './bounded-json.ts'

const LIMITS = { text: 10, total: 100 }

test('keeps what JSON can hold', () => {
  const value = { a: null, b: [1, 'x', true], c: { d: 2n } }
  expect(boundedJson({ ...value, e: undefined, f: Number.NaN, g: () => 1, h: [undefined] }, LIMITS)).toEqual({
    ...value,
    h: [],
  })
  expect(boundedJson({ a: undefined }, LIMITS)).toBeUndefined()
})

test('cuts long texts, never within a surrogate pair', () => {
  expect(boundedJson({ a: 'x'.repeat(11), b: `${'x'.repeat(9)}\u{1f600}` }, LIMITS)).toEqual({
    a: 'x'.repeat(10),
    b: 'x'.repeat(9),
  })
})

test('ends at the limit of all texts, and at 16 levels', () => {
  const many = boundedJson({ list: Array.from({ length: 1000 }, () => 'x'.repeat(10)) }, LIMITS)
  expect(JSON.stringify(many).length).toBeLessThan(120)
  let deep: unknown = 'end'
  for (let level = 0; level < 30; level++) deep = { a: deep }
  const levels = JSON.stringify(boundedJson({ a: deep }, { text: 10, total: 1000 })).match(/\{/g)
  expect(levels?.length).toBe(16)
})

test('leaves out __proto__', () => {
  expect(boundedJson(JSON.parse('{"__proto__":{"a":1},"b":1}'), LIMITS)).toEqual({ b: 1 })
})
