import { parseAccept } from 'hono/utils/accept'

const JSON_TYPE = /^application\/(?:[\w!#$&^.+-]+\+)?json$/

/** True for `application/json` and `application/*+json`, with any parameters. */
export function isJsonMediaType(contentType: string | undefined): boolean {
  const [type = ''] = (contentType ?? '').split(';', 1)
  return JSON_TYPE.test(type.trim().toLowerCase())
}

// From the least specific to the most specific.
const RANGES = ['*/*', 'application/*', 'application/json']

/**
 * Whether an `Accept` header admits JSON: the most specific matching range decides, and a `q` of 0 excludes it (RFC 9110,
 * section 12.5.1). True without the header.
 */
export function admitsJson(accept: string | null): boolean {
  if (!accept?.trim()) return true
  let [specificity, admitted] = [-1, false]
  for (const { type, q } of parseAccept(accept)) {
    const rank = RANGES.indexOf(type.toLowerCase())
    if (rank < specificity || rank === -1) continue
    admitted = (rank === specificity && admitted) || q > 0
    specificity = rank
  }
  return admitted
}
