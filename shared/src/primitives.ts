import * as z from 'zod'
import { isPlainObject, type JsonObject } from './json.ts'
import { describeNonObject, findObjectFault, ID, MAP_LIMITS, TIME, toDouble, toIsoString } from './rules.ts'

const SESSION_ID_IN_PATH = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,255}$/

/** An identifier: 1–256 characters, no control characters. */
export const id = () => z.string().regex(ID.pattern, ID.message)

/** A `session_id` in a path: letters, digits and `._:@-`, beginning with a letter or digit. */
export const sessionIdInPath = () =>
  z.string().regex(SESSION_ID_IN_PATH, 'must be 1 to 256 of A–Z a–z 0–9 . _ : @ -, beginning with a letter or digit')

/** A point in time: RFC 3339 with `Z` or an offset, kept character for character. A `Date` becomes its ISO string. */
export const time = () =>
  z.preprocess(toIsoString, z.string().regex(TIME.pattern, TIME.message).meta({ format: 'date-time' }))

/** Any JSON object of at most 64 levels; returned by reference, unchanged. Its input type also accepts interfaces. */
export const jsonObject = (): z.ZodType<JsonObject, object> =>
  z
    .unknown()
    .superRefine((value, context) => {
      const fault = findObjectFault(value)
      if (fault) context.addIssue({ code: 'custom', path: fault.path, message: fault.message })
    })
    .meta({ type: 'object', additionalProperties: true }) as z.ZodType<JsonObject, object>

/** A JSON object in a response. Its content is not validated, so that what Core has stored stays readable. */
export const objectInResponse = (): z.ZodType<JsonObject, JsonObject> =>
  z
    .unknown()
    .superRefine((value, context) => {
      if (!isPlainObject(value)) context.addIssue({ code: 'custom', message: describeNonObject(value).message })
    })
    .meta({ type: 'object', additionalProperties: true }) as z.ZodType<JsonObject, JsonObject>

/** At most 64 entries, keys of at most 128 characters, no `__proto__`. The values of a larger map are not validated. */
export const record = <Value extends z.ZodType>(value: Value) =>
  z.preprocess(
    (input: Record<string, z.input<Value>>, context) => {
      for (const { path, message } of mapFaults(input)) context.addIssue({ code: 'custom', path, message })
      return input
    },
    z.record(z.string(), value).meta({
      maxProperties: MAP_LIMITS.entries,
      propertyNames: { type: 'string', maxLength: MAP_LIMITS.keyLength },
    }),
  )

function mapFaults(input: unknown): { path: string[]; message: string }[] {
  if (!isPlainObject(input)) return []
  const keys = Object.keys(input)
  if (keys.length > MAP_LIMITS.entries) {
    return [{ path: [], message: `must have at most ${MAP_LIMITS.entries} entries` }]
  }
  return keys.flatMap((key) => {
    if (key === '__proto__') return { path: [key], message: 'the key __proto__ is not allowed' }
    return key.length > MAP_LIMITS.keyLength
      ? { path: [key], message: `a key must have at most ${MAP_LIMITS.keyLength} characters` }
      : []
  })
}

/** A list of `min` to `max` elements. The elements of a longer list are not validated. */
export const list = <Element extends z.ZodType>(element: Element, { min = 0, max }: { min?: number; max: number }) =>
  z.preprocess(
    (input: z.input<Element>[], context) => {
      if (Array.isArray(input) && input.length > max) {
        context.addIssue({ code: 'too_big', origin: 'array', maximum: max, inclusive: true, input })
      }
      return input
    },
    min > 0 ? z.array(element).min(min).max(max) : z.array(element).max(max),
  )

/** Converts a number with more digits to the nearest double. */
const double = <Schema extends z.ZodType<number>>(schema: Schema) =>
  z.preprocess(toDouble as (value: number) => number, schema)

/** A whole number from `min` to `max` that a double holds exactly. */
export const integer = (min: number, max?: number) =>
  double(max === undefined ? z.int().min(min) : z.int().min(min).max(max))

/** A finite number of at least `min` and, where given, at most `max`. */
export const number = (min: number, max?: number) =>
  double(max === undefined ? z.number().min(min) : z.number().min(min).max(max))

/** A point in time in a response: the string that Core sent. */
export const timeInResponse = () => z.string().meta({ format: 'date-time' })

/** An enum value in a response of Core that the contract does not list. */
export interface UnlistedValue {
  enumName: string
  value: string
}

const listeners = new Set<(unlisted: UnlistedValue) => void>()

/** Calls `listener` for each unlisted enum value in a response; returns a function that unsubscribes. */
export function onUnlistedValue(listener: (unlisted: UnlistedValue) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** An enum in a response. Any string is valid, since Core may add values; `onUnlistedValue` reports these. */
export function openEnum<Values extends Readonly<Record<string, string>>>(enumName: string, closed: z.ZodEnum<Values>) {
  type Open = Values[keyof Values] | (string & {})
  const listed = new Set<string>(closed.options)
  const schema = z
    .string()
    .superRefine((value) => {
      if (!listed.has(value)) for (const listener of listeners) listener({ enumName, value })
    })
    .meta({ 'x-extensible-enum': [...listed] })
  return schema as unknown as z.ZodType<Open, Open>
}
