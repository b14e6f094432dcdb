import type { Operation, Parameters } from './openapi-types.ts'

/** The headers that a request may bear, as components. */
export const REQUEST_HEADERS = {
  RequestId: {
    in: 'header',
    name: 'x-request-id',
    description:
      'Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' },
    example: '0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11',
  },
  SessionToken: {
    in: 'header',
    name: 'x-mcp-session-token',
    description: 'The token that the handshake gave.',
    schema: { type: 'string' },
    example: 'mst_4f1c9a',
  },
  IdempotencyKey: {
    in: 'header',
    name: 'idempotency-key',
    description:
      'Makes a write safe to repeat: send the same key again with the same body. Without it the gateway makes one.',
    schema: { type: 'string', pattern: '^[\\x20-\\x7e]{1,256}$' },
    example: 'snapshot-2026-03-02T12:00',
  },
  TraceParent: {
    in: 'header',
    name: 'traceparent',
    description: 'Where the request stands in a trace (W3C Trace Context). Passed on to Core.',
    schema: { type: 'string' },
    example: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  },
  TraceState: {
    in: 'header',
    name: 'tracestate',
    description: 'What tracing systems add to `traceparent`. Passed on to Core.',
    schema: { type: 'string' },
    example: 'vendor=00f067aa0ba902b7',
  },
} satisfies Parameters

/** Which of them an operation makes use of. */
export function requestHeadersOf(use: {
  callsCore: boolean
  writes: boolean
  opensTalk: boolean
}): NonNullable<Operation['parameters']> {
  const names: (keyof typeof REQUEST_HEADERS)[] = [
    'RequestId',
    ...(use.callsCore && !use.opensTalk ? (['SessionToken'] as const) : []),
    ...(use.writes ? (['IdempotencyKey'] as const) : []),
    ...(use.callsCore ? (['TraceParent', 'TraceState'] as const) : []),
  ]
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }))
}
