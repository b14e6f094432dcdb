import { ExactNumber, findJsonFault, isPlainObject, type JsonFault } from './json.ts'

/** An identifier: 1–256 characters, no control characters. */
export const ID = {
  pattern: /^[^\u0000-\u001f\u007f-\u009f]{1,256}$/u,
  message: 'must be 1 to 256 characters, none of them a control character',
}

/** What is said of a point in time that is not ISO 8601. */
export const TIME_MESSAGE = 'must be ISO 8601 with Z or an offset'

/** A `Date` as its ISO string; anything else as it is. */
export const isoOf = (value: string | Date): string | Date =>
  value instanceof Date && !Number.isNaN(value.valueOf()) ? value.toISOString() : value

/** A number of the contract's own is a double: one written with more digits becomes the nearest. */
export function doubleOf(value: unknown): unknown {
  return value instanceof ExactNumber ? Number(value.text) : value
}

/** The first thing that keeps a value from being a JSON object of at most 64 levels. */
export function findObjectFault(value: unknown): JsonFault | undefined {
  if (isPlainObject(value)) return findJsonFault(value)
  return { path: [], message: `Invalid input: expected object, received ${kindOf(value)}` }
}

/** What zod would say it received. */
function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'object' ? value.constructor.name : typeof value
}
