import { ExactNumber, findJsonFault, isPlainObject, type JsonFault } from './json.ts'

/** An identifier: 1–256 characters, no control characters. */
export const ID = {
  // Read by RE2, Python and Java as well, out of the documents: none of `\u0000`, `\d` and look-around.
  pattern: /^[^\x00-\x1f\x7f-\x9f]{1,256}$/u,
  message: 'must be 1 to 256 characters, none of them a control character',
}

const LEAP_YEAR = '(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)'
const DATE = `(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|${LEAP_YEAR}-02-29)`
const HOUR_AND_MINUTE = '(?:[01][0-9]|2[0-3]):[0-5][0-9]'

/**
 * A point in time: RFC 3339 with `Z` or an offset, `t` and `z` in either case, up to 64 decimals, the years 0000 to 9999. No leap seconds (`:60`): neither JavaScript nor Python reads them.
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export const TIME = {
  pattern: new RegExp(`^${DATE}[Tt]${HOUR_AND_MINUTE}:[0-5][0-9](?:\\.[0-9]{1,64})?(?:[Zz]|[+-]${HOUR_AND_MINUTE})$`),
  message: 'must be RFC 3339 with Z or an offset, such as 2026-03-02T09:04:11+01:00',
}

/** How large a map with a fixed type of values may be. */
export const MAP_LIMITS = { entries: 64, keyLength: 128 }

/** A `Date` as its ISO string; anything else as it is. */
export const isoOf = (value: string | Date): string | Date =>
  value instanceof Date && !Number.isNaN(value.valueOf()) ? value.toISOString() : value

/** A number of the contract's own is a double: one written with more digits becomes the nearest. */
export function doubleOf(value: unknown): unknown {
  return value instanceof ExactNumber ? Number(value.text) : value
}

/** The first thing that keeps a value from being a JSON object of at most 64 levels. */
export function findObjectFault(value: unknown): JsonFault | undefined {
  return isPlainObject(value) ? findJsonFault(value) : noObject(value)
}

/** What is said of a value that is no object. */
export const noObject = (value: unknown): JsonFault => ({
  path: [],
  message: `Invalid input: expected object, received ${kindOf(value)}`,
})

/** What zod would say it received. */
function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'object' ? value.constructor.name : typeof value
}
