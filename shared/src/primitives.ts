import * as z from 'zod'
import type { JsonObject } from './json.ts'
import { doubleOf, findObjectFault, ID, isoOf, TIME_MESSAGE } from './rules.ts'

const SESSION_ID_IN_PATH = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,255}$/

/** An identifier: 1–256 characters, no control characters. */
export const id = () => z.string().regex(ID.pattern, ID.message)

/** A `session_id` that stands in a path: letters, digits and `._:@-`, beginning with a letter or digit. */
export const sessionIdInPath = () =>
  z.string().regex(SESSION_ID_IN_PATH, 'must be 1 to 256 of A–Z a–z 0–9 . _ : @ -, beginning with a letter or digit')

/**
 * A point in time: ISO 8601 with `Z` or an offset, kept character for character. A `Date` becomes its ISO string.
 * @see https://www.rfc-editor.org/rfc/rfc3339
 */
export const time = () =>
  z.preprocess(
    isoOf,
    z.iso.datetime({
      offset: true,
      error: (issue) => (issue.code === 'invalid_format' ? TIME_MESSAGE : undefined),
    }),
  )

/** Any JSON object, at most 64 levels deep; passes through by reference, nothing in it is touched. */
export const jsonObject = (): z.ZodType<JsonObject, JsonObject> =>
  z
    .unknown()
    .superRefine((value, context) => {
      const fault = findObjectFault(value)
      if (fault) context.addIssue({ code: 'custom', path: fault.path, message: fault.message })
    })
    .meta({ type: 'object', additionalProperties: true }) as z.ZodType<JsonObject, JsonObject>

/** A record with string keys. The key `__proto__` is refused. */
export const record = <Value extends z.ZodType>(value: Value) =>
  z.preprocess(
    (input: Record<string, z.input<Value>>, context) => {
      if (typeof input === 'object' && input !== null && Object.hasOwn(input, '__proto__')) {
        context.addIssue({ code: 'custom', path: ['__proto__'], message: 'the key __proto__ is not allowed' })
      }
      return input
    },
    z.record(z.string(), value),
  )

/** A number of the contract's own, as the double that is nearest. */
const double = <Schema extends z.ZodType<number>>(schema: Schema) =>
  z.preprocess(doubleOf as (value: number) => number, schema)

/** A whole number from `min` to `max` that a double holds exactly. */
export const wholeNumber = (min: number, max: number = Number.MAX_SAFE_INTEGER) => double(z.int().min(min).max(max))

/** A finite number of at least `min` and, where given, at most `max`. */
export const number = (min: number, max?: number) =>
  double(max === undefined ? z.number().min(min) : z.number().min(min).max(max))

/** A point in time in an answer: the string that Core sent. */
export const answeredTime = () => z.string().meta({ format: 'date-time' })
