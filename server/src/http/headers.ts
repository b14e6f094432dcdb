import { parseAccept } from 'hono/utils/accept'
import type { GatewayContext } from './env.ts'

/**
 * A request header, by its name in lower case; repeated values are joined by `, `. Read from Node's request, since Hono
 * would first copy all headers into a `Headers` object.
 */
export function getHeader(c: GatewayContext, name: string): string | undefined {
  const { incoming } = c.env ?? {}
  return incoming ? (incoming.headers[name] as string | undefined) : c.req.header(name)
}

/** A name in lower case, and its value. */
export type Header = [name: string, value: string]

/**
 * Adds headers to the response. With a socket they are set on Node's response, since adding them to a `Response` costs as
 * much as creating it.
 */
export function setHeaders(c: GatewayContext, headers: readonly Header[]): void {
  const { outgoing } = c.env ?? {}
  for (const [name, value] of headers) {
    if (outgoing) outgoing.setHeader(name, value)
    else c.res.headers.set(name, value)
  }
}

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
