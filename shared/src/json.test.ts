import { describe, expect, test } from 'vitest'
import { ExactNumber, findJsonFault, isDeeperThan, isPlainJson, parseJson, stringifyJson } from './json.ts'

describe('parseJson and stringifyJson', () => {
  test.each([
    '{"a":12345678901234567890}',
    '[9007199254740993,-9007199254740993]',
    '[0.1234567890123456789012,1e400,1E-400,-1.5e-999]',
    '{"in text":"[12345678901234567890, 1e999]","and":12345678901234567890}',
    String.raw`{"\"12345678901234567890":1,"b":"\\","c":12345678901234567890}`,
    `[${'9'.repeat(500)}]`,
    '{"__proto__":12345678901234567890}',
    '12345678901234567890',
  ])('%s comes back digit for digit', (text) => {
    expect(stringifyJson(parseJson(text))).toBe(text)
  })

  test('whole numbers beyond a double are bigints, numbers that fit are plain numbers', () => {
    expect(parseJson('[12345678901234567890,9007199254740992,1.0,1e3,5,0.30000000000000004,1700000000000000]')).toEqual(
      [12345678901234567890n, 9007199254740992, 1, 1000, 5, 0.30000000000000004, 1700000000000000],
    )
  })

  test('decimals can be rounded to the nearest double', () => {
    expect(parseJson('[0.1234567890123456789012,12345678901234567890]', { decimals: 'nearest' })).toEqual([
      0.12345678901234568,
      12345678901234567890n,
    ])
  })

  test('`JSON.stringify` alone writes the nearest double', () => {
    expect(JSON.stringify([new ExactNumber('0.1234567890123456789012'), new ExactNumber('1e400')])).toBe(
      '[0.12345678901234568,null]',
    )
    expect(stringifyJson([new ExactNumber('1e400')])).toBe('[1e400]')
  })

  test('a cycle is a TypeError, with a bigint or without', () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    expect(() => stringifyJson(cycle)).toThrow(TypeError)
    expect(() => stringifyJson({ n: 5n, cycle })).toThrow(TypeError)
  })

  test.each<[unknown, string]>([
    [[undefined, () => {}, Number.NaN, -0, null, 'a"\u2028\ud800'], '[null,null,null,0,null,"a\\"\u2028\\ud800"]'],
    [{ 'a"': 'b', '': {}, list: [], gone: undefined, call: () => {} }, '{"a\\"":"b","":{},"list":[]}'],
  ])('beside a bigint all is written as JSON.stringify writes it: %o', (value, expected) => {
    expect(stringifyJson(value)).toBe(expected)
    expect(stringifyJson([value, 5n])).toBe(`[${expected},5]`)
  })

  test.each(['', '{', '[1,]', '01', '{"a":12345678901234567890'])('%j is a SyntaxError', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError)
  })

  test('deep nesting beside a long number does not exhaust the stack', () => {
    const text = `${'['.repeat(200_000)}12345678901234567890${']'.repeat(200_000)}`
    expect(isDeeperThan(parseJson(text), 1000)).toBe(true)
  })

  test('a Date is written as its ISO string beside a bigint', () => {
    expect(stringifyJson({ at: new Date(0), n: 5n, gone: undefined })).toBe('{"at":"1970-01-01T00:00:00.000Z","n":5}')
  })
})

describe('findJsonFault', () => {
  const cycle: Record<string, unknown> = {}
  cycle.self = { again: [cycle] }

  test.each<[string, unknown, (string | number)[], string]>([
    ['a function', { a: [() => {}] }, ['a', 0], 'type function'],
    ['a symbol', { a: Symbol('x') }, ['a'], 'type symbol'],
    ['NaN', [Number.NaN], [0], 'NaN'],
    ['Infinity', [Number.POSITIVE_INFINITY], [0], 'Infinity'],
    ['a hole', [1, undefined, 2], [1], 'type undefined'],
    ['a cycle', cycle, ['self', 'again', 0], 'cycle'],
    ['a Map', { a: new Map() }, ['a'], 'Map'],
    ['a RegExp', { a: /x/ }, ['a'], 'RegExp'],
    ['an Error', { a: new Error('x') }, ['a'], 'Error'],
    ['an invalid Date', { a: new Date('x') }, ['a'], 'Invalid Date'],
    ['the key __proto__', JSON.parse('{"a":{"__proto__":1}}'), ['a', '__proto__'], '__proto__'],
  ])('%s is found at its path', (_what, value, path, message) => {
    expect(findJsonFault(value)).toEqual({ path, message: expect.stringContaining(message) })
  })

  test('accepts JSON values, Date, bigint and absent keys', () => {
    const shared = { x: 1 }
    const value = {
      a: [1, 'x', null, true, 5n, new Date()],
      b: undefined,
      c: Object.create(null),
      d: shared,
      e: shared,
    }
    expect(findJsonFault(value)).toBeUndefined()
  })
})

test.each([
  [{ a: [1, 'x', null, { b: true }] }, true],
  [{ constructor: 1 }, true],
  [-0, false],
  [5n, false],
  [{ a: undefined }, false],
  [[new Date()], false],
  [new Map(), false],
])('isPlainJson(%o) is %s', (value, expected) => {
  expect(isPlainJson(value)).toBe(expected)
})

test('isPlainJson of a cycle is false', () => {
  const cycle: unknown[] = []
  cycle.push(cycle)
  expect(isPlainJson(cycle)).toBe(false)
})
