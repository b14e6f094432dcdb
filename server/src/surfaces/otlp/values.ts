import type { LogRecord } from '@achilles/agent-sources'
import { describeMismatch, isPlainObject } from '@achilles/mcp-contract'
import { z } from 'zod'

export type Attributes = LogRecord['attributes']
type Value = Attributes[string]

const MAX_UINT64 = 2n ** 64n - 1n
const WHOLE_NUMBER = /^-?\d{1,20}$/
const NOT_FINITE = ['NaN', 'Infinity', '-Infinity']

class InvalidValue extends Error {
  readonly path: PropertyKey[] = []
}

/** Zod takes five times as long for attributes, of which a record has dozens. */
const readBy = <Output>(read: (input: unknown) => Output) =>
  z
    .unknown()
    .optional()
    .transform((input, context): Output => {
      try {
        return read(input)
      } catch (error) {
        if (!(error instanceof InvalidValue)) throw error
        context.addIssue({ code: 'custom', message: error.message, path: error.path })
        return z.NEVER
      }
    })

/** The values by key. Of a key that is there twice the last counts. */
export const attributes = readBy((list) => readKeyValues(list ?? []))

/** A body: null if it is absent. */
export const body = readBy(readValue)

/** A time in nanoseconds since 1970 as RFC 3339, with three or nine decimals. Undefined if it is 0 or absent. */
export const time = readBy((input) => {
  const nanoseconds = readWholeNumber(input ?? 0)
  if (nanoseconds < 0n || nanoseconds > MAX_UINT64) throw new InvalidValue('must be from 0 to 2^64 - 1')
  return nanoseconds === 0n ? undefined : toTimestamp(nanoseconds)
})

/** The id in lower case. Undefined if it has another length or is zero: the protocol treats it as absent. */
export const hexId = (bytes: number) => {
  const pattern = new RegExp(`^(?!0+$)[\\da-f]{${bytes * 2}}$`, 'i')
  return z
    .string()
    .nullish()
    .transform((id) => (id && pattern.test(id) ? id.toLowerCase() : undefined))
}

function toTimestamp(nanoseconds: bigint): string {
  const text = new Date(Number(nanoseconds / 1_000_000n)).toISOString()
  const rest = nanoseconds % 1_000_000n
  return rest === 0n ? text : text.replace('Z', `${String(rest).padStart(6, '0')}Z`)
}

function readKeyValues(list: unknown): Attributes {
  return Object.fromEntries(
    readList(list, (element) => {
      const object = readObject(element)
      return [readField(object, 'key', (key) => readText(key ?? '')), readField(object, 'value', readValue)]
    }),
  )
}

/** Of the fields the first one that is set counts; without one the value is null. */
function readValue(input: unknown): Value {
  if (input === undefined || input === null) return null
  const object = readObject(input)
  for (const [name, read] of VALUES) {
    if (object[name] !== undefined && object[name] !== null) return readField(object, name, read)
  }
  return null
}

const VALUES: readonly (readonly [string, (input: unknown) => Value])[] = [
  ['stringValue', readText],
  ['boolValue', readBoolean],
  ['intValue', (input) => toNumber(readWholeNumber(input))],
  ['doubleValue', readDouble],
  ['arrayValue', (input) => readField(readObject(input), 'values', (values) => readList(values ?? [], readValue))],
  ['kvlistValue', (input) => readField(readObject(input), 'values', (values) => readKeyValues(values ?? []))],
  ['bytesValue', readText],
]

function readText(input: unknown): string {
  if (typeof input === 'string') return input
  throw new InvalidValue(describeMismatch('a string', input))
}

function readBoolean(input: unknown): boolean {
  if (typeof input === 'boolean') return input
  throw new InvalidValue(describeMismatch('true or false', input))
}

const isNumeric = (input: unknown) =>
  typeof input === 'number' || typeof input === 'bigint' || typeof input === 'string'

/** JSON may hold it as text. A double stands for the shortest digits that give it. */
function readWholeNumber(input: unknown): bigint {
  const text = isNumeric(input) ? String(input) : ''
  if (WHOLE_NUMBER.test(text)) return BigInt(text)
  throw new InvalidValue('must be a whole number')
}

function toNumber(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** JSON may hold it as text. The result is text if JSON has no number for it. */
function readDouble(input: unknown): number | string {
  if (Number.isFinite(input)) return input as number
  const text = isNumeric(input) ? String(input).trim() : ''
  if (NOT_FINITE.includes(text)) return text
  if (text !== '' && Number.isFinite(Number(text))) return Number(text)
  throw new InvalidValue('must be a number')
}

function readObject(input: unknown): Record<string, unknown> {
  if (isPlainObject(input)) return input
  throw new InvalidValue(describeMismatch('an object', input))
}

function readList<Element>(input: unknown, read: (element: unknown) => Element): Element[] {
  if (!Array.isArray(input)) throw new InvalidValue(describeMismatch('an array', input))
  return input.map((element, index) => {
    try {
      return read(element)
    } catch (error) {
      throw withPath(error, index)
    }
  })
}

function readField<Output>(object: Record<string, unknown>, name: string, read: (input: unknown) => Output): Output {
  try {
    return read(object[name])
  } catch (error) {
    throw withPath(error, name)
  }
}

function withPath(error: unknown, key: PropertyKey): unknown {
  if (error instanceof InvalidValue) error.path.unshift(key)
  return error
}
