import { ExactNumber, MAX_BIGINT_DIGITS, parseJson, stringifyJson } from '@achilles/mcp-contract'
import { objectOf } from './arbitrary-json.ts'

type Annotation = [path: string[], type: string]

/** Serializes a value like superjson, which itself rejects keys such as `constructor`. */
export function toSuperJson(value: unknown): { json: unknown; meta?: unknown } {
  const found: Annotation[] = []
  const json = annotate(value, [], found)
  const [first] = found
  if (!first) return { json }
  const isRoot = first[0].length === 0
  const values = isRoot ? [first[1]] : objectOf(found.map(([path, type]) => [path.map(escapeKey).join('.'), [type]]))
  return { json, meta: { values, v: 1 } }
}

const escapeKey = (key: string) => key.replace(/[\\.]/g, '\\$&')

/** Serializes a value for REST: a `Date` as ISO text, without `undefined`. */
export const asRest = (value: unknown): unknown => parseJson(stringifyJson(value))

/** Converts a value to JSON and collects the paths and types of leaves that JSON cannot represent. */
function annotate(value: unknown, path: string[], found: Annotation[]): unknown {
  const note = (type: string, json: unknown) => {
    found.push([path, type])
    return json
  }
  if (value instanceof ExactNumber) return annotate(Number(value.text), path, found)
  if (value instanceof Date) {
    return note('Date', Number.isNaN(value.valueOf()) ? 'Invalid Date' : value.toISOString())
  }
  if (value === undefined) return note('undefined', null)
  if (typeof value === 'bigint') return note('bigint', String(value))
  if (typeof value === 'number') {
    return Object.is(value, -0) || !Number.isFinite(value)
      ? note('number', Object.is(value, -0) ? '-0' : String(value))
      : value
  }
  if (Array.isArray(value)) return value.map((item, index) => annotate(item, [...path, String(index)], found))
  if (typeof value !== 'object' || value === null) return value
  return objectOf(Object.entries(value).map(([key, child]) => [key, annotate(child, [...path, key], found)]))
}

/** JSON for native callers: long decimals become their nearest doubles. */
export const asNativeJson = (json: string): string => stringifyJson(asNative(parseJson(json)))

const isWhole = (text: string) => /^-?\d+$/.test(text)

/** A value as the gateway receives it from a native caller: a long decimal as the nearest double, a long `bigint` as text. */
export function asNative(value: unknown): unknown {
  if (value instanceof ExactNumber) return isWhole(value.text) ? value : Number(value.text)
  if (typeof value === 'bigint')
    return String(value).length > MAX_BIGINT_DIGITS ? new ExactNumber(String(value)) : value
  if (Array.isArray(value)) return value.map(asNative)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return objectOf(Object.entries(value).map(([key, child]) => [key, asNative(child)]))
}
