import type { Headers, Operation, Parameters } from './schemas.ts'

export const REQUEST_HEADERS = {
  RequestId: {
    in: 'header',
    name: 'x-request-id',
    description:
      'Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' },
    example: '0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11',
  },
  SessionToken: {
    in: 'header',
    name: 'x-mcp-session-token',
    description: 'The token from the handshake.',
    schema: { type: 'string' },
    example: 'mst_4f1c9a',
  },
  IdempotencyKey: {
    in: 'header',
    name: 'idempotency-key',
    description:
      'Makes a write safe to repeat: send the same key again with the same body. If absent, the gateway generates one.',
    schema: { type: 'string', pattern: '^[\\x20-\\x7e]{1,256}$' },
    example: 'snapshot-2026-03-02T12:00',
  },
  Prefer: {
    in: 'header',
    name: 'prefer',
    description:
      '`handling=lenient` (RFC 7240): the valid events are forwarded, the invalid ones are in `failed`, with code `BAD_REQUEST` and their issues in `error`. Otherwise one invalid event rejects the whole batch.',
    schema: { type: 'string' },
    example: 'handling=lenient',
  },
  LastEventId: {
    in: 'header',
    name: 'last-event-id',
    description: 'The `id` of the last received event: the stream continues after it. `EventSource` sends it.',
    schema: { type: 'string' },
    example: 'ins_77b2',
  },
  TraceParent: {
    in: 'header',
    name: 'traceparent',
    description: 'The request’s position in a trace (W3C Trace Context). Passed on to Core.',
    schema: { type: 'string' },
    example: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  },
  TraceState: {
    in: 'header',
    name: 'tracestate',
    description: 'Vendor-specific trace data (W3C Trace Context). Passed on to Core.',
    schema: { type: 'string' },
    example: 'vendor=00f067aa0ba902b7',
  },
} satisfies Parameters

/**
 * Without examples: a page that fills them in would send the same `idempotency-key` with each body, and would choose a
 * `prefer` for its user.
 */
export const OPTIONAL_REQUEST_HEADERS: Parameters = Object.fromEntries(
  Object.entries(REQUEST_HEADERS).map(([name, { example: _, ...header }]) => [name, header]),
)

export function getRequestHeaders(use: {
  callsCore: boolean
  writes: boolean
  isHandshake: boolean
  isStream: boolean
  admitsPartialSuccess: boolean
}): NonNullable<Operation['parameters']> {
  const names: (keyof typeof REQUEST_HEADERS)[] = [
    'RequestId',
    ...(use.callsCore && !use.isHandshake && !use.isStream ? (['SessionToken'] as const) : []),
    ...(use.writes ? (['IdempotencyKey'] as const) : []),
    ...(use.isStream ? (['LastEventId'] as const) : []),
    ...(use.admitsPartialSuccess ? (['Prefer'] as const) : []),
    ...(use.callsCore ? (['TraceParent', 'TraceState'] as const) : []),
  ]
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }))
}

export const RESPONSE_HEADERS = {
  RequestId: {
    description: 'The request’s id: the caller’s if it is valid, otherwise generated.',
    required: true,
    schema: { type: 'string' },
    example: '0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11',
  },
  RateLimit: {
    description: 'Calls left (`r`) and seconds until the limit resets (`t`); present if a rate limit is set.',
    schema: { type: 'string' },
    example: '"default";r=5999;t=60',
  },
  RateLimitPolicy: {
    description: 'The rate limit: calls (`q`) per window in seconds (`w`); present if one is set.',
    schema: { type: 'string' },
    example: '"default";q=6000;w=60',
  },
  PreferenceApplied: {
    description: 'Present if the request preferred `handling=lenient`.',
    schema: { type: 'string' },
    example: 'handling=lenient',
  },
  RetryAfter: {
    description: 'Seconds to wait before a retry; a value from Core may be a date.',
    schema: { type: 'string' },
    example: '2',
  },
  Challenge: {
    description: 'How to authenticate, with the metadata URL of the token issuer if one is configured (RFC 9728).',
    schema: { type: 'string' },
    example: 'Bearer realm="achilles"',
  },
} satisfies Headers

const refTo = (name: keyof typeof RESPONSE_HEADERS) => ({ $ref: `#/components/headers/${name}` })

export const PARTIAL_SUCCESS_HEADERS = { 'Preference-Applied': refTo('PreferenceApplied') }

export const getResponseHeaders = (status: number | 'default'): Headers => ({
  'x-request-id': refTo('RequestId'),
  RateLimit: refTo('RateLimit'),
  'RateLimit-Policy': refTo('RateLimitPolicy'),
  ...((status === 429 || status === 503 || status === 'default') && { 'Retry-After': refTo('RetryAfter') }),
  ...(status === 401 && { 'WWW-Authenticate': refTo('Challenge') }),
})
