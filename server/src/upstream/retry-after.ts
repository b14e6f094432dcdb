const SECONDS = /^\d{1,10}$/
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/
const RFC_850 = /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/

/**
 * Milliseconds to wait from `now`, at least 0; undefined if the header is neither a number of seconds of at most ten
 * digits nor an HTTP date.
 * @param now milliseconds since the epoch
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfter(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined) return undefined
  if (SECONDS.test(header)) return Number(header) * 1000
  const at = parseHttpDate(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

/** `Date.parse` alone accepts `-5` and `5.5` as dates, and reads a date without a zone as local time. */
function parseHttpDate(text: string): number {
  if (IMF_FIXDATE.test(text) || RFC_850.test(text)) return Date.parse(text)
  return ASCTIME.test(text) ? Date.parse(`${text} GMT`) : Number.NaN
}
