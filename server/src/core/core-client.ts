import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { urlToHttpOptions } from 'node:url'
import {
  got,
  HTTPError,
  type Options,
  type OptionsInit,
  type Request,
  type RequestError,
  type RequestFunction,
  TimeoutError,
} from 'got'
import type { CallSignal } from '../call-signal.ts'
import type { AttemptOutcome, AttemptWatch } from '../telemetry/attempt-watch.ts'
import { type CoreResponse, responseTo } from './core-response.ts'
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

const RETRIED_METHODS = ['GET', 'POST', 'PATCH'] as const
/** Answers after which Core is asked again. */
export const RETRIED_STATUSES: readonly number[] = [408, 429, 500, 502, 503, 504]
const RETRIED_ERRORS = [
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
]

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
  const client = got.extend({
    isStream: true,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'user-agent': 'achilles-mcp-gateway',
    },
    request: requestTo(new URL(baseUrl)),
    // Core's answers are read as they come: to unpack them costs more than a near network.
    decompress: false,
    followRedirect: false,
    strictContentLength: true,
    timeout: { request: timeoutMs },
    retry: {
      limit: maxRetries,
      methods: [...RETRIED_METHODS],
      statusCodes: [...RETRIED_STATUSES],
      errorCodes: RETRIED_ERRORS,
      maxRetryAfter: Number.POSITIVE_INFINITY,
      // Asked at the end of every attempt that failed, before the wait.
      calculateDelay: ({ attemptCount, computedValue, error, retryAfter }) => {
        contextOf(error.options).watch?.end(outcomeOf(error))
        return computedValue === 0 || !mayRetry()
          ? 0
          : retryDelay({ attempt: attemptCount, retryAfterMs: retryAfter, remainingMs: remainingMs(error), random })
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

type NativeOptions = ReturnType<Options['createNativeRequestOptions']>

/**
 * What Node needs of a call. In the place of got's own, which lists forty options, most of them for TLS and HTTP/2, in an
 * object whose shape V8 makes anew for each call: a third of what a call cost.
 */
function nativeOptions(this: Options): NativeOptions {
  return { method: this.method, headers: this.headers } as NativeOptions
}

/** Node's own request on connections that are kept. */
function requestTo(base: URL): RequestFunction {
  const { protocol, hostname, port } = urlToHttpOptions(base)
  const [request, Agent] = protocol === 'https:' ? [httpsRequest, HttpsAgent] : [httpRequest, HttpAgent]
  const agent = new Agent({ keepAlive: true })
  return ({ pathname, search }, { method, headers }) =>
    request({ protocol, hostname, port, path: pathname + search, method, headers, agent })
}

/** What a call puts into got's `context`. */
export interface CallContext extends Record<string, unknown> {
  /** On the clock of `performance.now()`: no retry waits past it. */
  deadlineAt: number
  watch: AttemptWatch
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
  return error instanceof TimeoutError ? 'timeout' : 'unreachable'
}
