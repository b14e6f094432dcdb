import { ExactNumber, findJsonFault, isPlainObject, type JsonFault } from './json.ts'

export const ID = {
  // The documents contain it, so RE2, Python and Java must read it too: no `\u0000`, `\d` or look-around.
  pattern: /^[^\x00-\x1f\x7f-\x9f]{1,256}$/u,
  message: 'must be 1 to 256 characters, none of them a control character',
}

const LEAP_YEAR = '(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)'
const DATE = `(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|${LEAP_YEAR}-02-29)`
const HOUR_AND_MINUTE = '(?:[01][0-9]|2[0-3]):[0-5][0-9]'

/**
 * A point in time: RFC 3339 with `Z` or an offset, `t` and `z` in either case, up to 64 decimals. No leap seconds (`:60`),
 * which neither JavaScript nor Python can read.
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export const TIME = {
  pattern: new RegExp(`^${DATE}[Tt]${HOUR_AND_MINUTE}:[0-5][0-9](?:\\.[0-9]{1,64})?(?:[Zz]|[+-]${HOUR_AND_MINUTE})$`),
  message: 'must be RFC 3339 with Z or an offset, such as 2026-03-02T09:04:11+01:00',
}

export const EVENT_TYPES = [
  'file_opened',
  'file_edited',
  'file_saved',
  'file_closed',
  'command_executed',
  'test_run',
  'build_run',
  'debug_run',
  'git_operation',
  'diagnostic_reported',
  'agent_prompt',
  'agent_response',
  'tool_call',
  'tool_result',
  'suggestion_shown',
  'suggestion_accepted',
  'suggestion_rejected',
  'error',
  'custom',
] as const

export const SOURCE_TYPES = ['ide', 'agent', 'cli', 'ci', 'system'] as const

export const ATTRIBUTION_SOURCES = ['human', 'agent', 'mixed', 'unknown'] as const

/** The limits of a map with a fixed type of values. */
export const MAP_LIMITS = { entries: 64, keyLength: 128 }

/** Converts a valid `Date` to its ISO string; returns anything else unchanged. */
export const toIsoString = (value: string | Date): string | Date =>
  value instanceof Date && !Number.isNaN(value.valueOf()) ? value.toISOString() : value

/** Converts an `ExactNumber` to the nearest double; returns anything else unchanged. */
export function toDouble(value: unknown): unknown {
  return value instanceof ExactNumber ? Number(value.text) : value
}

/** Finds the first reason why a value is not a JSON object of at most 64 levels. */
export function findObjectFault(value: unknown): JsonFault | undefined {
  return isPlainObject(value) ? findJsonFault(value) : describeNonObject(value)
}

export const describeNonObject = (value: unknown): JsonFault => ({
  path: [],
  message: value === undefined ? 'required' : describeMismatch('an object', value),
})

/** Says what a value must be and, where that helps, what it is. @param wanted e.g. `a string` */
export function describeMismatch(wanted: string, value: unknown): string {
  const actual = describeType(value)
  return wanted === 'a whole number' && actual === 'a number' ? `must be ${wanted}` : `must be ${wanted}, not ${actual}`
}

function describeType(value: unknown): string {
  if (value instanceof ExactNumber) return 'a number'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value !== 'object' || value === null) return value == null ? String(value) : `a ${typeof value}`
  return isPlainObject(value) ? 'an object' : `a ${value.constructor.name}`
}
