import { count, type KnownKeys, type Rule, type Rules } from './check-options.ts'

// A type, not an interface: tRPC takes only what it can index.
/** What a single call may be given as its `context`. A call that has a header of its own travels in a request of its own. */
export type CallContext = {
  /** Sent as `x-request-id`, 1 to 128 visible ASCII characters; one is made for each request otherwise. */
  requestId?: string
  /** Sent as `idempotency-key`, 1 to 256 printable ASCII characters; the same on every attempt. */
  idempotencyKey?: string
  /** Sent as `x-mcp-session-token`. */
  sessionToken?: string
  /** Further attempts of this call, instead of the client’s. */
  retries?: number
}

/** What a single call may be given beside its input. */
export interface CallOptions {
  context?: CallContext
  /** Hangs up; the call rejects with the signal’s reason. */
  signal?: AbortSignal
}

export const CALL_OPTIONS: KnownKeys<CallOptions> = { context: true, signal: true }

export const CALL_CONTEXT: KnownKeys<CallContext> = {
  requestId: true,
  idempotencyKey: true,
  sessionToken: true,
  retries: true,
}

const text = (pattern: RegExp, message: string): Rule => ({
  holds: (value) => typeof value === 'string' && pattern.test(value),
  message,
})

/** What an HTTP header can carry. `fetch` refuses all else with a message that repeats the value. */
export const HEADER_VALUE = text(
  /^[\t\x20-\x7e\x80-\xff]+$/,
  'must be text of characters that an HTTP header can carry, without line breaks',
)

export const CALL_CONTEXT_RULES: Rules<CallContext> = {
  requestId: text(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 visible ASCII characters'),
  idempotencyKey: text(/^[\x20-\x7e]{1,256}$/, 'must be 1 to 256 printable ASCII characters'),
  sessionToken: HEADER_VALUE,
  retries: count(0),
}

/** True where something of the context goes into headers, which a batch shares. */
export const needsOwnRequest = ({ requestId, idempotencyKey, sessionToken }: CallContext): boolean =>
  requestId !== undefined || idempotencyKey !== undefined || sessionToken !== undefined
