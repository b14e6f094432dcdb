/** Any value that JSON can hold; a `bigint` is a whole number too large for a double. */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject
/** A JSON object with any keys. */
export type JsonObject = { [key: string]: Json }

/** How deep a JSON object may nest; the object itself is level one. */
export const MAX_JSON_DEPTH = 64

/** Where and why a value is not JSON. */
export interface JsonFault {
  path: (string | number)[]
  message: string
}

/**
 * A JSON number with more digits than a double holds, kept as the text it came in.
 * `parseJson` makes them, `stringifyJson` writes them back unchanged.
 */
export class ExactNumber {
  /** What a schema that wants something else says it received: a number, as for any other. */
  static readonly name = 'number'

  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toJSON(): string {
    return MARK + this.text
  }
}

/** Finds the first place at which `value` is not JSON of at most `MAX_JSON_DEPTH` levels. */
export function findJsonFault(value: unknown): JsonFault | undefined {
  return faultAt(value, [], [])
}

function faultAt(value: unknown, path: (string | number)[], ancestors: object[]): JsonFault | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return undefined
    case 'number':
      return Number.isFinite(value) ? undefined : { path: [...path], message: `${value} is not a JSON number` }
    case 'object':
      break
    default:
      return { path: [...path], message: `JSON cannot hold a value of type ${typeof value}` }
  }
  if (value === null || value instanceof ExactNumber) return undefined
  if (value instanceof Date) {
    return Number.isNaN(value.valueOf()) ? { path: [...path], message: 'Invalid Date' } : undefined
  }
  if (ancestors.includes(value)) return { path: [...path], message: 'JSON cannot hold a cycle' }
  if (ancestors.length === MAX_JSON_DEPTH) {
    return { path: [...path], message: `nested deeper than ${MAX_JSON_DEPTH} levels` }
  }
  ancestors.push(value)
  const fault = Array.isArray(value) ? faultInArray(value, path, ancestors) : faultInObject(value, path, ancestors)
  ancestors.pop()
  return fault
}

function faultInArray(array: unknown[], path: (string | number)[], ancestors: object[]): JsonFault | undefined {
  for (let index = 0; index < array.length; index++) {
    path.push(index)
    const fault = faultAt(array[index], path, ancestors)
    if (fault) return fault
    path.pop()
  }
  return undefined
}

function faultInObject(object: object, path: (string | number)[], ancestors: object[]): JsonFault | undefined {
  if (!isPlainObject(object)) {
    return { path: [...path], message: `JSON cannot hold a ${object.constructor?.name ?? 'class instance'}` }
  }
  for (const key of Object.keys(object)) {
    path.push(key)
    if (key === '__proto__') return { path: [...path], message: 'the key __proto__ is not allowed' }
    const value = object[key]
    const fault = value === undefined ? undefined : faultAt(value, path, ancestors)
    if (fault) return fault
    path.pop()
  }
  return undefined
}

/** True for `{}` and `Object.create(null)`; false for arrays, class instances and everything else. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/**
 * True where a value has nothing in it but what JSON holds as it is: no `Date`, `bigint`, `undefined`, class, `-0` or
 * cycle, and no more levels than any request or answer may have.
 */
export function isPlainJson(value: unknown, levelsLeft = 2 * MAX_JSON_DEPTH): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'object':
      if (value === null) return true
      if (levelsLeft === 0 || !(Array.isArray(value) || isPlainObject(value))) return false
      return Object.values(value).every((child) => isPlainJson(child, levelsLeft - 1))
    default:
      return false
  }
}

// Numbers beyond a double travel through JSON.parse and JSON.stringify as strings with this mark, unguessable so that
// no text of a caller's is ever taken for one.
const MARK = `exact-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')}:`
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g')

/** Longer whole numbers stay text: turning millions of digits into a `bigint` would take seconds. */
export const MAX_BIGINT_DIGITS = 400

// Only a text that has a number of 16 digits, 20 characters or a three-digit exponent can lose any.
const MAY_EXCEED_DOUBLE = /(?:^|[[:,\s])-?(?:\d{16}|[\d.]{20}|[\d.]+[eE][+-]?\d{3})/
// Ten of such a number's digits stand in a row, or it has the exponent. Written out, not counted: V8 looks for these by
// leaps, at a third of the time, and most texts have neither.
const TEN_DIGITS = /\d\d\d\d\d\d\d\d\d\d/
const LONG_EXPONENT = /[\d.][eE][+-]?\d\d\d/
/** Cheap first look at a JSON text: false where every number in it fits a double. */
export const mayExceedDouble = (text: string): boolean =>
  (TEN_DIGITS.test(text) || LONG_EXPONENT.test(text)) && MAY_EXCEED_DOUBLE.test(text)

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.]*(?:[eE][+-]?\d+)?/g

/**
 * `JSON.parse` that loses no digit: a whole number beyond a double becomes a `bigint`, any other such number an
 * `ExactNumber` or, where `decimals` is `'nearest'`, the nearest double. A text without such numbers takes the plain path.
 * @throws SyntaxError as `JSON.parse` does.
 */
export function parseJson(text: string, { decimals = 'exact' }: { decimals?: 'exact' | 'nearest' } = {}): unknown {
  const value: unknown = JSON.parse(text)
  if (!mayExceedDouble(text) || isDeeperThan(value, 2 * MAX_JSON_DEPTH)) return value
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') || fitsDouble(token) ? token : `"${MARK}${token}"`,
  )
  return JSON.parse(marked, (_key, leaf: unknown) => {
    if (typeof leaf !== 'string' || !leaf.startsWith(MARK)) return leaf
    const digits = leaf.slice(MARK.length)
    if (isWhole(digits) && digits.length <= MAX_BIGINT_DIGITS) return BigInt(digits)
    return decimals === 'exact' ? new ExactNumber(digits) : Number(digits)
  })
}

/** `JSON.stringify` that writes a `bigint` as a plain number and an `ExactNumber` as the text it came in. */
export function stringifyJson(value: unknown): string {
  let text: string
  try {
    text = JSON.stringify(value)
  } catch {
    text = JSON.stringify(value, (_key, leaf: unknown) => (typeof leaf === 'bigint' ? `${MARK}${leaf}` : leaf))
  }
  return text.includes(MARK) ? text.replace(MARKED, '$1') : text
}

function fitsDouble(text: string): boolean {
  const number = Number(text)
  if (isWhole(text)) return Number.isSafeInteger(number) || String(number) === text
  if (!Number.isFinite(number)) return false
  const digits = text
    .replace(/[eE].*/, '')
    .replace(/\D/g, '')
    .replace(/^0+/, '')
    .replace(/0+$/, '')
  return digits.length <= 17 && (number !== 0 || digits === '')
}

const isWhole = (text: string) => /^-?\d+$/.test(text)

/** Whether arrays and objects nest deeper than `limit`; stops looking at the limit. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return limit === 0 || Object.values(value).some((child) => isDeeperThan(child, limit - 1))
}
