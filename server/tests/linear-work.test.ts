import { findObjectFault, ID, mayExceedDouble, parseJson, stringifyJson } from '@achilles/mcp-contract'
import { describe, expect, test } from 'vitest'
import { LINEAR_BELOW, timeGrowth } from './time-growth.ts'

const repeat = (text: string) => (size: number) => text.repeat(size)
const list = (item: string) => (size: number) => `[${Array(size).fill(item).join()}]`

describe('exact JSON is read and written in linear time', () => {
  test.each<[string, number, (size: number) => string]>([
    ['zeros between two digits', 20_000, (size) => `{"a":1.${'0'.repeat(size)}1}`],
    ['zeros before a digit', 20_000, (size) => `[0.${'0'.repeat(size)}1]`],
    ['zeros after a digit', 20_000, (size) => `[1.${'0'.repeat(size)}]`],
    ['nines', 20_000, (size) => `[${'9'.repeat(size)}]`],
    ['numbers of 4096 digits', 20, list('9'.repeat(4096))],
    ['numbers beyond a double', 10_000, list('1e999')],
    ['short exponents', 20_000, list('1e9')],
    ['sixteen digits in text', 10_000, (size) => `["${',1234567890.12345'.repeat(size)}",1e999]`],
    ['backslashes', 400_000, (size) => `["${repeat('\\\\')(size)}",1e999]`],
    ['escaped quotes', 400_000, (size) => `["${repeat('\\"')(size)}",1e999]`],
    ['keys', 5_000, (size) => `{${Array.from({ length: size }, (_, index) => `"k${index}":1e999`)}}`],
  ])('%s', (_what, size, write) => {
    expect(timeGrowth(size, write, (text) => stringifyJson(parseJson(text)))).toBeLessThan(LINEAR_BELOW)
    expect(timeGrowth(size, write, mayExceedDouble)).toBeLessThan(LINEAR_BELOW)
  })

  test.each<[string, number, (size: number) => unknown]>([
    ['an id', 200_000, repeat('a')],
    ['an id of surrogates', 100_000, repeat('\ud800')],
  ])('%s is checked in linear time', (_what, size, make) => {
    expect(timeGrowth(size, make, (text) => ID.pattern.test(String(text)))).toBeLessThan(LINEAR_BELOW)
  })

  test('a JSON object is looked through in linear time', () => {
    const make = (size: number) => ({ a: Array.from({ length: size }, () => ({ b: [1] })) })
    expect(timeGrowth(20_000, make, findObjectFault)).toBeLessThan(LINEAR_BELOW)
  })
})
