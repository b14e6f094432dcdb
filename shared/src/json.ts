/** Any JSON value; a `bigint` is a whole number too large for a double. */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject
/** A JSON object with any keys. */
export type JsonObject = { [key: string]: Json }

/** The maximum nesting of a JSON object; the object itself is level one. */
export const MAX_JSON_DEPTH = 64

export interface JsonFault {
  path: (string | number)[]
  message: string
}

/** A number with more digits than a double can hold, as its text, which `stringifyJson` writes unchanged. */
export class ExactNumber {
  /** zod's error messages then report it as a number. */
  static readonly name = 'number'

  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** The nearest double, for `JSON.stringify`. */
  toJSON(): number {
    if (isWritingExactly) throw new TypeError('an ExactNumber')
    return Number(this.text)
  }
}

// Set by `stringifyJson`: `JSON.stringify` cannot report otherwise that it found an `ExactNumber`.
let isWritingExactly = false

/** Finds the first place at which `value` is not JSON of at most `MAX_JSON_DEPTH` levels. */
export function findJsonFault(value: unknown): JsonFault | undefined {
  return findFault(value, [], [])
}

function findFault(value: unknown, path: (string | number)[], ancestors: object[]): JsonFault | undefined {
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
  const fault = Array.isArray(value)
    ? findFaultInArray(value, path, ancestors)
    : findFaultInObject(value, path, ancestors)
  ancestors.pop()
  return fault
}

function findFaultInArray(array: unknown[], path: (string | number)[], ancestors: object[]): JsonFault | undefined {
  for (let index = 0; index < array.length; index++) {
    path.push(index)
    const fault = findFault(array[index], path, ancestors)
    if (fault) return fault
    path.pop()
  }
  return undefined
}

function findFaultInObject(object: object, path: (string | number)[], ancestors: object[]): JsonFault | undefined {
  if (!isPlainObject(object)) {
    return { path: [...path], message: `JSON cannot hold a ${object.constructor?.name ?? 'class instance'}` }
  }
  for (const key of Object.keys(object)) {
    path.push(key)
    if (key === '__proto__') return { path: [...path], message: 'the key __proto__ is not allowed' }
    const value = object[key]
    const fault = value === undefined ? undefined : findFault(value, path, ancestors)
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
 * True if JSON can hold the value as it is: no `Date`, `bigint`, `undefined`, class instance, `-0` or cycle, and at most
 * twice `MAX_JSON_DEPTH` levels.
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

/** Longer whole numbers stay text, since converting millions of digits to a `bigint` would take seconds. */
export const MAX_BIGINT_DIGITS = 512

// A double loses digits only of numbers with sixteen digits or an exponent of three. Written without `{16}`, with which V8
// takes thirteen times as long.
const SIXTEEN_DIGITS = new RegExp('[\\d.]'.repeat(16))
const LONG_EXPONENT = /[\d.][eE][+-]?\d\d\d/
// Bounded, since V8 stores a backtracking position for each repetition. A longer number exceeds every double's text.
const LONG_NUMBER = /(?:^|[[:,\s])(-?\d(?:[\d.]{15,40}(?:[eE][+-]?\d{1,40})?|[\d.]{0,15}[eE][+-]?\d{3,40}))/g
const LONGEST_DOUBLE = 32

/** Whether a JSON text may contain a number that a double cannot hold; also true for one inside a string. */
export function mayExceedDouble(text: string): boolean {
  if (!LONG_EXPONENT.test(text) && !SIXTEEN_DIGITS.test(text)) return false
  for (const [, number = ''] of text.matchAll(LONG_NUMBER)) {
    if (number.length > LONGEST_DOUBLE || !fitsDouble(number)) return true
  }
  return false
}

/**
 * `JSON.parse` without loss of digits: a whole number beyond a double becomes a `bigint`, other numbers an `ExactNumber`.
 * With `decimals: 'nearest'` the latter become the nearest double, or a `bigint` if that is infinite. A text without such
 * numbers is parsed by `JSON.parse` alone.
 * @throws SyntaxError as `JSON.parse` does.
 */
export function parseJson(text: string, { decimals = 'exact' }: { decimals?: 'exact' | 'nearest' } = {}): unknown {
  const value: unknown = JSON.parse(text)
  if (!mayExceedDouble(text) || isDeeperThan(value, 2 * MAX_JSON_DEPTH)) return value
  return readExactly(text, decimals === 'exact' ? exactNumber : nearestNumber)
}

/** Converts the digits of a number beyond a double, as `parseJson` does. */
export function exactNumber(digits: string): bigint | ExactNumber {
  return digits.length <= MAX_BIGINT_DIGITS && isWhole(digits) ? BigInt(digits) : new ExactNumber(digits)
}

function nearestNumber(text: string): bigint | number {
  const exact = exactNumber(text)
  if (typeof exact === 'bigint') return exact
  const nearest = Number(text)
  return Number.isFinite(nearest) ? nearest : (toBigInt(text) ?? nearest)
}

const WITH_EXPONENT = /^(-?\d+)(?:\.(\d+))?[eE]\+?(\d+)$/

/** Expands a number such as `1e400`; undefined if it is longer than `MAX_BIGINT_DIGITS` or has decimals. */
function toBigInt(text: string): bigint | undefined {
  const [, whole, decimals = '', exponent] = WITH_EXPONENT.exec(text) ?? []
  const zeros = Number(exponent) - decimals.length
  if (!whole || !(zeros >= 0) || whole.length + Number(exponent) > MAX_BIGINT_DIGITS) return undefined
  return BigInt(whole + decimals + '0'.repeat(zeros))
}

const [QUOTE, BACKSLASH, SPACE] = [0x22, 0x5c, 0x20]
const [COMMA, BRACKET, BRACE, CLOSING_BRACE, CLOSING_BRACKET] = [0x2c, 0x5b, 0x7b, 0x7d, 0x5d]
const [LETTER_T, LETTER_F, LETTER_N] = [0x74, 0x66, 0x6e]

/** Parses what `JSON.parse` accepted again: a reviver would take ten times as long. */
function readExactly(text: string, toNumber: (digits: string) => unknown): unknown {
  let at = 0

  function skipSpace(): number {
    while (text.charCodeAt(at) <= SPACE) at++
    return text.charCodeAt(at)
  }

  function readValue(): unknown {
    switch (skipSpace()) {
      case BRACE:
        return readObject()
      case BRACKET:
        return readArray()
      case QUOTE:
        return readString()
      case LETTER_T:
        at += 'true'.length
        return true
      case LETTER_F:
        at += 'false'.length
        return false
      case LETTER_N:
        at += 'null'.length
        return null
      default:
        return readNumber()
    }
  }

  function readObject(): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    at++
    while (skipSpace() !== CLOSING_BRACE) {
      if (text.charCodeAt(at) === COMMA) {
        at++
        skipSpace()
      }
      const key = readString()
      skipSpace()
      at++
      const value = readValue()
      if (key === '__proto__')
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
      else object[key] = value
    }
    at++
    return object
  }

  function readArray(): unknown[] {
    const array: unknown[] = []
    at++
    while (skipSpace() !== CLOSING_BRACKET) {
      if (text.charCodeAt(at) === COMMA) at++
      array.push(readValue())
    }
    at++
    return array
  }

  function readString(): string {
    const begin = at
    do at = text.indexOf('"', at + 1)
    while (isEscaped(at))
    at++
    const literal = text.slice(begin, at)
    return literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1)
  }

  function isEscaped(index: number): boolean {
    let first = index
    while (text.charCodeAt(first - 1) === BACKSLASH) first--
    return (index - first) % 2 === 1
  }

  function readNumber(): unknown {
    const begin = at
    for (let code = text.charCodeAt(at); code > SPACE; code = text.charCodeAt(++at)) {
      if (code === COMMA || code === CLOSING_BRACE || code === CLOSING_BRACKET) break
    }
    const digits = text.slice(begin, at)
    return fitsDouble(digits) ? Number(digits) : toNumber(digits)
  }

  return readValue()
}

/**
 * `JSON.stringify` that writes a `bigint` as a number and an `ExactNumber` as its original text.
 * @throws TypeError as `JSON.stringify` does, for a cycle.
 */
export function stringifyJson(value: unknown): string {
  isWritingExactly = true
  try {
    return JSON.stringify(value)
  } catch (error) {
    // Thrown for a number beyond a double, but also for a cycle.
    try {
      return writeExactly(value) as string
    } catch {
      throw error
    }
  } finally {
    isWritingExactly = false
  }
}

/** Undefined for values that JSON cannot represent, like `JSON.stringify`. */
function writeExactly(value: unknown): string | undefined {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof ExactNumber) return value.text
  if (Array.isArray(value)) return `[${value.map((element) => writeExactly(element) ?? 'null').join()}]`
  if (!isPlainObject(value) || typeof value.toJSON === 'function') return JSON.stringify(value)
  const members: string[] = []
  for (const key of Object.keys(value)) {
    const member = writeExactly(value[key])
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${member}`)
  }
  return `{${members.join()}}`
}

function fitsDouble(text: string): boolean {
  const number = Number(text)
  if (!Number.isFinite(number)) return false
  const shortest = String(number)
  if (shortest === text || (Number.isSafeInteger(number) && isWhole(text))) return true
  // Without an exponent and trailing zeros, a number has only one notation.
  const isUnique = !text.endsWith('0') && !EXPONENT.test(text) && !EXPONENT.test(shortest)
  if (isUnique || isWhole(text)) return false
  return significantDigits(text) === significantDigits(shortest)
}

const EXPONENT = /[eE]/

const ZERO = 0x30

/** The digits of a number without leading and trailing zeros, and the power of ten of the first digit. */
function significantDigits(text: string): string {
  const [mantissa = '', exponent = '0'] = text.split(EXPONENT)
  const [whole = '', decimals = ''] = mantissa.replace('-', '').split('.')
  const digits = whole + decimals
  let begin = 0
  while (digits.charCodeAt(begin) === ZERO) begin++
  let end = digits.length
  while (end > begin && digits.charCodeAt(end - 1) === ZERO) end--
  return begin === end ? '0' : `${digits.slice(begin, end)}e${Number(exponent) + whole.length - begin}`
}

const isWhole = (text: string) => /^-?\d+$/.test(text)

/** Whether arrays and objects nest deeper than `limit`; stops at the limit. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return limit === 0 || Object.values(value).some((child) => isDeeperThan(child, limit - 1))
}
