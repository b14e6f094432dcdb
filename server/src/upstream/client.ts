import { got, HTTPError, type OptionsInit, type Request, type RequestError, TimeoutError } from 'got'
import type { AttemptObserver, AttemptOutcome } from '../telemetry/telemetry.ts'
import { isTooLarge, openConnections } from './connections.ts'
import { type NativeOptions, replaceNativeOptions } from './native-options.ts'
import { type HttpResponse, readResponse } from './read-response.ts'
import { parseRetryAfter } from './retry-after.ts'

export interface CoreClientOptions {
  /** Without a trailing slash; may have a path. */
  baseUrl: string
  apiKey: string
  /** Limit for one attempt, in milliseconds. */
  timeoutMs: number
  /** Attempts after the first. */
  maxRetries: number
  /** Called before each retry; returns false while Core should not be called. */
  mayRetry: () => boolean
  /** Returns 0 to below 1; the jitter of retry delays. @default Math.random */
  random?: () => number
}

export const RETRIED_STATUSES: readonly number[] = [408, 429, 500, 502, 503, 504]
const RETRIED_ERRORS = new Set([
  'ETIMEDOUT',
  'ECONNRESET',
  'ECONNREFUSED',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
])

/**
 * Makes a call to Core, with retries; resolves to the response, whatever its status.
 * @param path appended to the base URL
 * @param signal aborts the call
 * @throws got's RequestError if no attempt got a response.
 */
export type CoreClient = (path: string, options: OptionsInit, signal?: AbortSignal) => Promise<HttpResponse>

/**
 * Creates the got instance for calls to Core. Which errors are retried is decided here, how long to wait in `retryDelay`.
 * All operations may be retried, since the contract makes them idempotent. Redirects are not followed.
 */
export function createCoreClient(options: CoreClientOptions): CoreClient {
  const { baseUrl, apiKey, timeoutMs, maxRetries, mayRetry, random = Math.random } = options
  const { request, closeIdle } = openConnections(new URL(baseUrl))
  const client = got.extend({
    isStream: true,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'user-agent': 'achilles-mcp-gateway',
    },
    request({ pathname, search }, options) {
      return request({ path: pathname + search, ...(options as unknown as NativeOptions) })
    },
    // Compression costs more CPU time than it saves on a network near Core.
    decompress: false,
    followRedirect: false,
    strictContentLength: true,
    timeout: { request: timeoutMs },
    retry: {
      limit: maxRetries,
      // Called after each failed attempt. got's own decision is ignored: it has no prefix match for error codes such as
      // HPE_*, and it accepts a Retry-After that is neither seconds nor a date.
      calculateDelay: ({ attemptCount, retryOptions, error }) => {
        const context = getContext(error.options)
        context.watch?.end(getAttemptOutcome(error))
        if (!(error instanceof HTTPError)) {
          // If one pooled connection is stale, the others usually are too.
          if (error.request?.reusedSocket) closeIdle()
          context.isFresh = true
        }
        if (attemptCount > (retryOptions.limit ?? 0) || !isRetried(error) || !mayRetry()) return 0
        const retryAfterMs = parseRetryAfter(error.response?.headers['retry-after'])
        return retryDelay({ attempt: attemptCount, retryAfterMs, remainingMs: getRemainingMs(error), random })
      },
    },
    hooks: {
      beforeRequest: [
        (options) => {
          const { watch, isFresh = false } = getContext(options)
          Object.assign(options.headers, watch?.begin())
          replaceNativeOptions(options, isFresh)
        },
      ],
    },
  })
  // `isStream: true` is missing in the type of `got.extend`, so the cast.
  return (path, call, signal) => readResponse(client(baseUrl + path, call) as unknown as Request, signal)
}

/** Whether another attempt may succeed. `HPE_…` are the errors of Node's HTTP parser. */
function isRetried(error: RequestError): boolean {
  if (error instanceof HTTPError) return RETRIED_STATUSES.includes(error.response.statusCode)
  return RETRIED_ERRORS.has(error.code) || error.code.startsWith('HPE_')
}

/** State of one call in got's `context`, shared by its attempts. */
export interface AttemptContext extends Record<string, unknown> {
  /** On the clock of `performance.now()`; no retry waits past it. */
  deadlineAt: number
  watch: AttemptObserver
  /** Set after an attempt without a response: the next one opens a new connection. */
  isFresh?: boolean
}

// Partial, because a probe of the circuit breaker sets no context.
const getContext = ({ context }: { context: Record<string, unknown> }) => context as Partial<AttemptContext>

function getRemainingMs({ options }: RequestError): number {
  const { deadlineAt } = getContext(options)
  return deadlineAt === undefined ? Number.POSITIVE_INFINITY : deadlineAt - performance.now()
}

/** The outcome of an attempt that failed, or whose status got treats as an error. */
export function getAttemptOutcome(error: unknown): AttemptOutcome {
  if (error instanceof HTTPError) return error.response.statusCode
  if (isTooLarge(error)) return 'too_large'
  return error instanceof TimeoutError ? 'timeout' : 'unreachable'
}

export interface RetrySituation {
  /** Attempts made so far, at least 1. */
  attempt: number
  /** Core's `Retry-After`; ignored unless it is a positive number. */
  retryAfterMs: number | undefined
  remainingMs: number
  random: () => number
}

const FIRST_BACKOFF_MS = 200
const MAX_BACKOFF_MS = 5_000

/**
 * Milliseconds until the next attempt, or 0 for no further attempt because the wait would pass the deadline.
 * Exponential backoff with full jitter, added to Core's `Retry-After`.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function retryDelay({ attempt, retryAfterMs, remainingMs, random }: RetrySituation): number {
  const backoff = random() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1))
  const minimum = retryAfterMs !== undefined && retryAfterMs > 0 ? retryAfterMs : 0
  const delay = Math.max(1, Math.ceil(minimum + backoff))
  return delay < remainingMs ? delay : 0
}
