import { MAX_JSON_DEPTH } from '@achilles/mcp-contract'
import fc from 'fast-check'
import { anyNumber, text, time } from './arbitrary-values.ts'

const AWKWARD_KEYS = [
  ...[
    '',
    '.',
    '\\',
    'a.b',
    'a\\b',
    'a\\.b',
    '0',
    '-1',
    'json',
    'meta',
    'values',
    'toJSON',
    '\u0000',
    '\u{1f600}',
    '\ud800',
  ],
  ...['constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'then'],
]

/**
 * Keys with a special meaning somewhere. Without `__proto__`, and without single characters that JSON escapes: `JSON.parse`
 * of Node 24.21 sometimes reads such a key as a backslash.
 */
export const key = fc
  .oneof(fc.constantFrom(...AWKWARD_KEYS), fc.string({ maxLength: 4 }))
  .filter((name) => name !== '__proto__' && !(name.length === 1 && JSON.stringify(name).length > 3))

/** Keeps `__proto__` as an own key. */
export const objectOf = (entries: Iterable<readonly [string, unknown]>): Record<string, unknown> =>
  Object.fromEntries(entries)

const objectFrom = (value: fc.Arbitrary<unknown>, maxKeys: number) =>
  fc.array(fc.tuple(key, value), { maxLength: maxKeys }).map(objectOf)

const leaf = fc.oneof<fc.Arbitrary<unknown>[]>(fc.constantFrom(null, true, false, undefined), text, anyNumber, time)
// An array cannot hold `undefined` in JSON.
const leafOfArray = leaf.filter((value) => value !== undefined)
const shallow = fc.oneof(leaf, objectFrom(leaf, 3), fc.array(leafOfArray, { maxLength: 3 }))

const nest = (levels: number, inner: unknown, wrap: string | undefined): unknown => {
  let value = inner
  for (let level = 0; level < levels; level++) value = wrap === undefined ? [value] : { [wrap]: value }
  return value
}

const nested = (min: number, max: number) =>
  fc
    .tuple(fc.integer({ min, max }), leafOfArray, fc.option(key, { nil: undefined }), key)
    .map(([levels, inner, wrap, name]) => ({ [name]: nest(levels - 1, inner, wrap) }))

/** A JSON object within the contract's depth, with `Date`, `bigint` and `undefined` as native callers may send them. */
export const jsonObject = fc.oneof(
  { weight: 4, arbitrary: objectFrom(shallow, 4) },
  { weight: 1, arbitrary: nested(1, MAX_JSON_DEPTH) },
)

/** Objects that nest too deep or contain the key `__proto__`, and values that are not objects. */
export const badJsonObject = fc.oneof<fc.Arbitrary<unknown>[]>(
  nested(MAX_JSON_DEPTH, 70),
  fc
    .tuple(jsonObject, leafOfArray)
    .map(([object, value]) => objectOf([...Object.entries(object), ['__proto__', value]])),
  fc.tuple(key, leafOfArray).map(([name, value]) => ({ [name]: [objectOf([['__proto__', value]])] })),
  fc.array(leafOfArray, { maxLength: 2 }),
  anyNumber,
  text,
)
