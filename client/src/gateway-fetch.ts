import { isPlainObject } from '@achilles/mcp-contract'
import { GatewayError, isGatewayError, isWholeProblem, localError } from './gateway-error.ts'
import { startTimer } from './timers.ts'

/** The used part of `fetch`, which `options.fetch` must implement. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchAnswer>

/** The options with which `fetch` is called. */
export interface FetchInit {
  method: string
  headers: Record<string, string>
  /** Bytes if it is compressed; absent for a stream, which is a `GET`. */
  body?: string | ArrayBuffer
  signal: AbortSignal
}

/** The used part of a `Response`. */
export interface FetchAnswer {
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
  /** Needed for streams only. */
  readonly body?: ReadableStream<Uint8Array> | null
}

interface Answer {
  ok: boolean
  retryAfterMs: number | undefined
  json(): Promise<unknown>
}

/** Sends one request and reads the complete response, both within a time limit. */
export type GatewayFetch = (url: string, init: FetchInit) => Promise<Answer>

/**
 * Large bodies are compressed, until it turns out that the gateway, or what is before it, does not accept that.
 * @throws GatewayError if the response is late, incomplete or not from a gateway; the signal's reason if it is aborted.
 */
export function createGatewayFetch(fetch: Fetch, timeoutMs: number): GatewayFetch {
  const fetchCompressed = compressing(fetch)
  return (url, init) => fetchWithin(fetchCompressed, url, init, timeoutMs)
}

async function fetchWithin(fetch: Fetch, url: string, init: FetchInit, timeoutMs: number): Promise<Answer> {
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
    if (isLate) throw toTimeoutError(cause, origin, timeoutMs)
    throw toUnreachableError(cause, origin)
  } finally {
    clearTimeout(timer)
    init.signal.removeEventListener('abort', abort)
  }
}

export const toTimeoutError = (cause: unknown, origin: string, timeoutMs: number) =>
  localError('GATEWAY_TIMEOUT', `${origin} did not answer within ${timeoutMs / 1000} s`, { cause })

export const toUnreachableError = (cause: unknown, origin: string) =>
  localError('SERVICE_UNAVAILABLE', `${origin} cannot be reached: ${getReason(cause)}${getCorsHint(origin)}`, { cause })

function compressing(fetch: Fetch): Fetch {
  let isRejected = false
  return async (url, init) => {
    const compressed = isRejected ? undefined : await compress(init)
    if (!compressed) return fetch(url, init)
    const response = await fetch(url, compressed).catch((error: unknown) => {
      // The CORS of a gateway before version 0.2.0 does not allow `content-encoding`; a page is not told.
      if (!isCrossOrigin(url) || init.signal.aborted) throw error
    })
    if (response && response.status !== 415) return response
    const plain = await fetch(url, init)
    isRejected = true
    return plain
  }
}

/** Smaller bodies gain nothing. */
const MIN_COMPRESSED = 1024

/** A batch of 1,000 events; longer texts would block a Node process for more than a few milliseconds. */
const MAX_COMPRESSED_AT_ONCE = 512 * 1024

interface Platform {
  CompressionStream?: new (format: 'gzip') => TransformStream
  process?: { getBuiltinModule?(id: 'node:zlib'): { gzipSync(text: string): Uint8Array<ArrayBuffer> } }
}

/** Undefined if the body is small, or if nothing here can compress it. */
async function compress(init: FetchInit): Promise<FetchInit | undefined> {
  if (typeof init.body !== 'string' || init.body.length < MIN_COMPRESSED) return undefined
  const body = await gzip(init.body)
  return body && { ...init, headers: { ...init.headers, 'content-encoding': 'gzip' }, body }
}

async function gzip(text: string): Promise<ArrayBuffer | undefined> {
  const { CompressionStream, process } = globalThis as Platform
  // Takes a quarter of the CPU time of a stream.
  const zlib = text.length <= MAX_COMPRESSED_AT_ONCE ? process?.getBuiltinModule?.('node:zlib') : undefined
  if (zlib) {
    const { buffer, byteOffset, byteLength } = zlib.gzipSync(text)
    return buffer.slice(byteOffset, byteOffset + byteLength)
  }
  if (!CompressionStream) return undefined
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer()
}

function parseResponse(response: FetchAnswer, text: string, origin: string): Answer {
  const value = parse(text)
  if (!isGatewayResponse(value)) throw toForeignResponseError(response, origin)
  return { ok: response.ok, retryAfterMs: readRetryAfterMs(response), json: async () => value }
}

/** For a response that is no stream. */
export function toResponseError(response: FetchAnswer, text: string, origin: string): GatewayError {
  const value = parse(text)
  const { error } = isPlainObject(value) && isGatewayEntry(value) ? value : {}
  const problem = isPlainObject(error) && isPlainObject(error.json) ? error.json.data : undefined
  return isWholeProblem(problem)
    ? new GatewayError(problem, { retryAfterMs: readRetryAfterMs(response) })
    : toForeignResponseError(response, origin)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Each call gets a value in superjson's envelope or a problem; a batch gets a list of these. */
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

/** For the response of a proxy, a captive portal or another server, whatever its status. */
function toForeignResponseError(response: FetchAnswer, origin: string) {
  const { status, headers } = response
  const type = headers.get('content-type')?.slice(0, MAX_HEADER_LENGTH) || 'no content type'
  const server = headers.get('server')?.slice(0, MAX_HEADER_LENGTH)
  const what = `${status} (${type}${server ? `, from ${server}` : ''})`
  const detail = `${origin} responded ${what}, not as a gateway does: is this its address, or is a proxy in between?`
  return localError('BAD_GATEWAY', detail, { upstream: { status }, retryAfterMs: readRetryAfterMs(response) })
}

const readRetryAfterMs = ({ headers }: FetchAnswer) => parseRetryAfter(headers.get('retry-after'))

/**
 * Parses a `Retry-After` into milliseconds; undefined if it is neither a number of seconds nor a date.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function parseRetryAfter(header: string | null, now: number = Date.now()): number | undefined {
  if (header === null) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** undici's own message is only `fetch failed`; the reason is its cause. */
function getReason(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown; message?: unknown } }
  if (typeof cause?.code === 'string') return cause.code
  return String(cause?.message ?? (error instanceof Error ? error.message : error))
}

const getPageOrigin = () => (globalThis as { location?: { origin?: string } }).location?.origin

const isCrossOrigin = (url: string): boolean => ![undefined, new URL(url).origin].includes(getPageOrigin())

/** Browsers do not reveal why a request failed; for a page of another origin, check CORS first. */
function getCorsHint(origin: string): string {
  const page = getPageOrigin()
  if (page === undefined || page === origin) return ''
  return `. If the gateway runs, its CORS_ORIGINS may be missing this page's origin, ${page}`
}
