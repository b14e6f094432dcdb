import { count, type KnownKeys, type Rule, type Rules } from './check-options.ts'

// A type, since interfaces are not assignable to tRPC's `Record<string, unknown>`.
/** The `context` of a single call. A call with its own headers is sent in its own request, not in a batch. */
export type CallContext = {
  /** Sent as `x-request-id`, 1 to 128 visible ASCII characters. @default a new id for each request */
  requestId?: string
  /** Sent as `idempotency-key`, 1 to 256 printable ASCII characters; the same on every attempt. */
  idempotencyKey?: string
  /** Sent as `x-mcp-session-token`. */
  sessionToken?: string
  /** `lenient`: a batch’s valid events are sent, the invalid ones are in `failed` with code `BAD_REQUEST`. @default strict */
  handling?: 'strict' | 'lenient'
  /** Overrides the client’s `retries` for this call. */
  retries?: number
}

/** Options of a single call. */
export interface CallOptions {
  context?: CallContext
  /** Aborts the call, which rejects with the signal’s reason. */
  signal?: AbortSignal
}

export const CALL_OPTIONS: KnownKeys<CallOptions> = { context: true, signal: true }

export const CALL_CONTEXT: KnownKeys<CallContext> = {
  requestId: true,
  idempotencyKey: true,
  sessionToken: true,
  handling: true,
  retries: true,
}

const text = (pattern: RegExp, message: string): Rule => ({
  holds: (value) => typeof value === 'string' && pattern.test(value),
  message,
})

/** Checked here because the error of `fetch` for an invalid header repeats its value, which may be a secret. */
export const HEADER_VALUE = text(
  /^[\t\x20-\x7e\x80-\xff]+$/,
  'must be text of characters that an HTTP header can carry, without line breaks',
)

export const CALL_CONTEXT_RULES: Rules<CallContext> = {
  requestId: text(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 visible ASCII characters'),
  idempotencyKey: text(/^[\x20-\x7e]{1,256}$/, 'must be 1 to 256 printable ASCII characters'),
  sessionToken: HEADER_VALUE,
  handling: { holds: (value) => value === 'strict' || value === 'lenient', message: 'must be strict or lenient' },
  retries: count(0),
}

/** The calls of a batch share their headers. */
export const needsOwnRequest = ({ requestId, idempotencyKey, sessionToken, handling }: CallContext): boolean =>
  [requestId, idempotencyKey, sessionToken, handling].some((value) => value !== undefined)
