import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { type Got, got, HTTPError, type RequestError, TimeoutError } from 'got'
import type { AttemptOutcome, AttemptWatch } from '../telemetry/attempt-watch.ts'
import { retryDelay } from './retry-delay.ts'

/** How Core is reached; times in milliseconds. */
export interface CoreClientOptions {
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
 * The one got instance that speaks to Core. Retries are got's: which errors and how many is set here, how long to wait
 * in `retryDelay`. Every operation may be retried, since all are idempotent by the contract. Error statuses resolve;
 * redirects are answers like any other.
 */
export function createCoreClient(options: CoreClientOptions): Got {
  const { apiKey, timeoutMs, maxRetries, mayRetry, random = Math.random } = options
  return got.extend({
    agent: { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) },
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'user-agent': 'achilles-mcp-gateway',
    },
    responseType: 'buffer',
    throwHttpErrors: false,
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
        },
      ],
    },
  })
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
