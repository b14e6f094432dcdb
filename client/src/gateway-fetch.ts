import { isPlainObject } from '@achilles/mcp-contract'
import { isGatewayError, isWholeProblem, localError } from './gateway-error.ts'
import { startTimer } from './timers.ts'

/** The part of `fetch` that is used; what `options.fetch` must be able to do. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchAnswer>

/** What is asked of `fetch`. */
export interface FetchInit {
  method: string
  headers: Record<string, string>
  body: string
  signal: AbortSignal
}

/** What is used of a `Response`. */
export interface FetchAnswer {
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}

/** A gateway's answer, wholly read. */
export interface Answer {
  ok: boolean
  retryAfterMs: number | undefined
  json(): Promise<unknown>
}

/**
 * Makes one request and reads the whole answer, all within `timeoutMs`.
 * @throws GatewayError where nothing answers in time, the answer breaks off, or it isn't a gateway that answers.
 */
export async function gatewayFetch(fetch: Fetch, url: string, init: FetchInit, timeoutMs: number): Promise<Answer> {
  const { origin } = new URL(url)
  const limit = new AbortController()
  const abort = () => limit.abort(init.signal.reason)
  if (init.signal.aborted) abort()
  init.signal.addEventListener('abort', abort)
  let isLate = false
  const timer = startTimer(() => {
    isLate = true
    limit.abort()
  }, timeoutMs)
  try {
    const response = await fetch(url, { ...init, signal: limit.signal })
    return parseResponse(response, await response.text(), origin)
  } catch (cause) {
    if (init.signal.aborted || isGatewayError(cause)) throw cause
    if (isLate) throw localError('GATEWAY_TIMEOUT', `${origin} did not answer within ${timeoutMs / 1000} s`, { cause })
    throw localError('SERVICE_UNAVAILABLE', `${origin} cannot be reached: ${getReason(cause)}${getCorsHint(origin)}`, {
      cause,
    })
  } finally {
    clearTimeout(timer)
    init.signal.removeEventListener('abort', abort)
  }
}

function parseResponse(response: FetchAnswer, text: string, origin: string): Answer {
  const value = parse(text)
  if (!isGatewayResponse(value)) throw toForeignResponseError(response, origin)
  return { ok: response.ok, retryAfterMs: getRetryAfterMs(response), json: async () => value }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A gateway answers each call with a value in superjson's envelope, or with a problem; a batch with a list of those. */
function isGatewayResponse(value: unknown): boolean {
  const entries = Array.isArray(value) ? value : [value]
  return entries.length > 0 && entries.every(isGatewayEntry)
}

function isGatewayEntry(entry: unknown): boolean {
  if (!isPlainObject(entry)) return false
  const { result, error } = entry
  if (isPlainObject(result)) return isPlainObject(result.data) && Object.hasOwn(result.data, 'json')
  return isPlainObject(error) && isPlainObject(error.json) && isWholeProblem(error.json.data)
}

const MAX_HEADER_LENGTH = 100

/** A proxy, a captive portal or another server answered: no word of a gateway's, whatever the status. */
function toForeignResponseError(response: FetchAnswer, origin: string) {
  const { status, headers } = response
  const type = headers.get('content-type')?.slice(0, MAX_HEADER_LENGTH) || 'no content type'
  const server = headers.get('server')?.slice(0, MAX_HEADER_LENGTH)
  const what = `${status} (${type}${server ? `, from ${server}` : ''})`
  const detail = `${origin} responded ${what}, not as a gateway does: is this its address, or is a proxy in between?`
  return localError('BAD_GATEWAY', detail, { upstream: { status }, retryAfterMs: getRetryAfterMs(response) })
}

const getRetryAfterMs = ({ headers }: FetchAnswer) => parseRetryAfter(headers.get('retry-after'))

/**
 * What a `Retry-After` asks for, in milliseconds: seconds, or a date seen from now; undefined where it says neither.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function parseRetryAfter(header: string | null, now: number = Date.now()): number | undefined {
  if (header === null) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** undici says only `fetch failed`; what happened is its cause. */
function getReason(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown; message?: unknown } }
  if (typeof cause?.code === 'string') return cause.code
  return String(cause?.message ?? (error instanceof Error ? error.message : error))
}

/** A browser does not reveal why a request failed; a page of another origin is the first thing to look at. */
function getCorsHint(origin: string): string {
  const page = (globalThis as { location?: { origin?: string } }).location?.origin
  if (page === undefined || page === origin) return ''
  return `. If the gateway runs, its CORS_ORIGINS may be missing this page's origin, ${page}`
}
