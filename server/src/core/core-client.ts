import { got, HTTPError, type Options, type OptionsInit, type Request, type RequestError, TimeoutError } from 'got'
import type { CallSignal } from '../call-signal.ts'
import type { AttemptOutcome, AttemptWatch } from '../telemetry/attempt-watch.ts'
import { isTooLarge, openConnections } from './connections.ts'
import { type CoreResponse, responseTo } from './core-response.ts'
import { parseRetryAfter } from './retry-after.ts'
import { retryDelay } from './retry-delay.ts'

/** How Core is reached; times in milliseconds. */
export interface CoreClientOptions {
  /** Without a slash at the end; may have a path of its own. */
  baseUrl: string
  apiKey: string
  /** What one attempt may take. */
  timeoutMs: number
  /** Further attempts after the first. */
  maxRetries: number
  /** Asked before each retry; false where Core should be spared. */
  mayRetry: () => boolean
  /** From 0 to below 1; spreads the waiting times. @default Math.random */
  random?: () => number
}

/** Answers after which Core is asked again. */
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
 * Makes a call to Core, retries included; every answer resolves, whatever its status.
 * @param path appended to the base URL
 * @param signal ends it
 * @throws RequestError of got's where no attempt brought an answer.
 */
export type CoreClient = (path: string, options: OptionsInit, signal?: CallSignal) => Promise<CoreResponse>

/**
 * The one got instance that speaks to Core. Retries are got's: which errors and how many is set here, how long to wait
 * in `retryDelay`. Every operation may be retried, since all are idempotent by the contract. Redirects are answers like
 * any other.
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
      const { method, headers, isFresh } = options as unknown as NativeOptions
      return request({ path: pathname + search, method, headers, isFresh: isFresh === true })
    },
    // Core's answers are read as they come: to unpack them costs more than a near network.
    decompress: false,
    followRedirect: false,
    strictContentLength: true,
    timeout: { request: timeoutMs },
    retry: {
      limit: maxRetries,
      // Asked at the end of every attempt that failed, before the wait. What got would decide itself is not used: it
      // takes no family of error codes, and reads numbers and dates into a Retry-After that is neither.
      calculateDelay: ({ attemptCount, retryOptions, error }) => {
        const context = contextOf(error.options)
        context.watch?.end(outcomeOf(error))
        if (!(error instanceof HTTPError)) {
          // One pooled connection that died unnoticed is seldom the only one.
          if (error.request?.reusedSocket) closeIdle()
          context.isFresh = true
        }
        if (attemptCount > (retryOptions.limit ?? 0) || !isRetried(error) || !mayRetry()) return 0
        const retryAfterMs = parseRetryAfter(error.response?.headers['retry-after'])
        return retryDelay({ attempt: attemptCount, retryAfterMs, remainingMs: remainingMs(error), random })
      },
    },
    hooks: {
      beforeRequest: [
        (options) => {
          Object.assign(options.headers, contextOf(options).watch?.begin())
          options.createNativeRequestOptions = nativeOptions
        },
      ],
    },
  })
  // That it makes streams is not in its type.
  return (path, call, signal) => responseTo(client(baseUrl + path, call) as unknown as Request, signal)
}

/** What goes from `nativeOptions` to got's option `request`. */
interface NativeOptions {
  method: string
  headers: Options['headers']
  isFresh: boolean | undefined
}

/**
 * What Node needs of a call. In the place of got's own, which lists forty options, most of them for TLS and HTTP/2, in an
 * object whose shape V8 makes anew for each call: a third of what a call cost.
 */
function nativeOptions(this: Options): ReturnType<Options['createNativeRequestOptions']> {
  const options: NativeOptions = { method: this.method, headers: this.headers, isFresh: contextOf(this).isFresh }
  return options as unknown as ReturnType<Options['createNativeRequestOptions']>
}

/** Whether another attempt may bring what this one did not. `HPE_…` is what Node's parser rejects. */
function isRetried(error: RequestError): boolean {
  if (error instanceof HTTPError) return RETRIED_STATUSES.includes(error.response.statusCode)
  return RETRIED_ERRORS.has(error.code) || error.code.startsWith('HPE_')
}

/** What a call puts into got's `context`. */
export interface CallContext extends Record<string, unknown> {
  /** On the clock of `performance.now()`: no retry waits past it. */
  deadlineAt: number
  watch: AttemptWatch
  /** Set once an attempt got no response: the next one takes a connection of its own. */
  isFresh?: boolean
}

// A probe of the circuit has none.
const contextOf = ({ context }: { context: Record<string, unknown> }) => context as Partial<CallContext>

function remainingMs({ options }: RequestError): number {
  const { deadlineAt } = contextOf(options)
  return deadlineAt === undefined ? Number.POSITIVE_INFINITY : deadlineAt - performance.now()
}

/** How an attempt ended that threw, or whose answer got takes for an error. */
export function outcomeOf(error: unknown): AttemptOutcome {
  if (error instanceof HTTPError) return error.response.statusCode
  if (isTooLarge(error)) return 'too_large'
  return error instanceof TimeoutError ? 'timeout' : 'unreachable'
}
