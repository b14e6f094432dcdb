/** A point in time, and the text it was read from. */
export interface Instant {
  /** Since 1970; further decimals are cut off. */
  nanoseconds: bigint
  text: string
}

// Without an offset, as some databases write it, the time is UTC.
const TIME = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:?\d\d)?$/

/** Undefined if the text is not a point in time. */
export function toInstant(text: string): Instant | undefined {
  const [found, date, time, fraction = '', zone] = TIME.exec(text) ?? []
  if (found === undefined) return undefined
  const offset = zone?.toUpperCase().replace(/^(...)(\d\d)$/, '$1:$2')
  const milliseconds = Date.parse(`${date}T${time}${offset ?? 'Z'}`)
  if (Number.isNaN(milliseconds)) return undefined
  const nanoseconds = BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9))
  return { nanoseconds, text: zone === undefined ? `${text}Z` : text }
}

export const isAfter = (one: Instant, other: Instant): boolean => one.nanoseconds > other.nanoseconds

/** The earliest instant, in microseconds, after another one. */
export function nextInstant({ nanoseconds }: Instant): Instant {
  const microseconds = nanoseconds / 1000n + 1n
  const seconds = new Date(Number(microseconds / 1_000_000n) * 1000).toISOString().slice(0, -'.000Z'.length)
  const text = `${seconds}.${String(microseconds % 1_000_000n).padStart(6, '0')}Z`
  return { nanoseconds: microseconds * 1000n, text }
}
