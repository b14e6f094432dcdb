/** Reads values that another program wrote: what is not of the wanted kind is undefined. */

export type Fields = Readonly<Record<string, unknown>>

const NO_FIELDS: Fields = Object.freeze({})

export function toFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : NO_FIELDS
}

export function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A text that is not empty, cut to `limit` UTF-16 code units. */
export function toText(value: unknown, limit = 256): string | undefined {
  return typeof value === 'string' && value !== '' ? cut(value, limit) : undefined
}

/** Cuts a text without splitting a surrogate pair. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  const last = text.charCodeAt(limit - 1)
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? limit - 1 : limit)
}

/** A text of any length; anything else is the empty text. */
export function toWhole(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function toLength(value: unknown): number | undefined {
  return typeof value === 'string' ? value.length : undefined
}

const DECIMAL = /^[0-9]{1,15}(?:\.[0-9]{1,15})?$/

/** A finite number of at least 0. Exporters also write numbers as text, or as a `bigint`. */
export function toCount(value: unknown): number | undefined {
  if (typeof value === 'string') return DECIMAL.test(value) ? Number(value) : undefined
  const number = typeof value === 'bigint' ? Number(value) : value
  return typeof number === 'number' && number >= 0 && Number.isFinite(number) ? number : undefined
}

export function toFlag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  return value === 'true' ? true : value === 'false' ? false : undefined
}

const MAX_PARSED = 1 << 20

/** The object that a JSON text holds, or that `value` is. Texts of more than 1 Mi characters are not parsed. */
export function parseFields(value: unknown): Fields {
  if (typeof value !== 'string' || value.length > MAX_PARSED) return toFields(value)
  try {
    return toFields(JSON.parse(value))
  } catch {
    return NO_FIELDS
  }
}

const YEAR_10000 = 253_402_300_800_000
const YEAR_0 = -62_167_219_200_000

/** RFC 3339 from a text or from milliseconds since 1970. */
export function toTime(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  if (typeof value === 'string' && value.length > 64) return undefined
  const milliseconds = new Date(value).getTime()
  return milliseconds >= YEAR_0 && milliseconds < YEAR_10000 ? new Date(milliseconds).toISOString() : undefined
}

/** The time `milliseconds` before `time`. */
export function before(time: string, milliseconds: number | undefined): string {
  return (milliseconds && toTime(new Date(time).getTime() - milliseconds)) || time
}
