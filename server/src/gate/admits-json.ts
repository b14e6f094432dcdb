import { parseAccept } from 'hono/utils/accept'

// From the least specific to the most.
const RANGES = ['*/*', 'application/*', 'application/json']

/**
 * Whether an `Accept` header admits JSON: the most specific range that matches decides, a `q` of 0 excludes (RFC 9110,
 * 12.5.1). Without the header anything is admitted.
 */
export function admitsJson(accept: string | null): boolean {
  if (!accept?.trim()) return true
  let [specificity, admitted] = [-1, false]
  for (const { type, q } of parseAccept(accept)) {
    const found = RANGES.indexOf(type.toLowerCase())
    if (found < specificity || found === -1) continue
    admitted = (found === specificity && admitted) || q > 0
    specificity = found
  }
  return admitted
}
