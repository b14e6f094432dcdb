import type { Operation, Parameters } from '../openapi-types.ts'
import { REQUEST_HEADERS } from '../request-headers.ts'
import type { CoreOperation } from './core-operations.ts'

const { RequestId, IdempotencyKey, SessionToken, TraceParent, TraceState } = REQUEST_HEADERS

/** The headers that Core is sent beside those of HTTP, as components. */
export const CORE_REQUEST_HEADERS = {
  RequestId: {
    ...RequestId,
    description:
      'Names the request in the logs of gateway and Core: the caller’s where it is usable, else the gateway’s. The same on each attempt. Always there, except where the gateway asks for health on its own behalf.',
  },
  Client: {
    in: 'header',
    name: 'x-achilles-client',
    description:
      'Who calls, as the gateway found out: the name of an API key, the `sub` of a token, or `anonymous`. Always there, except where the gateway asks for health on its own behalf.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' },
    example: 'my-extension',
  },
  Workspaces: {
    in: 'header',
    name: 'x-achilles-workspaces',
    description:
      'The only workspaces that the caller may reach, parted by commas; absent for one that may reach all. Refuse with `403` what belongs to another.',
    schema: { type: 'string' },
    example: 'ws-checkout,ws-billing',
  },
  IdempotencyKey: {
    ...IdempotencyKey,
    required: true,
    description:
      'The same for every attempt of one write, by the gateway and by its caller; the caller’s own where it sent one, so two callers may send the same: keep it apart by `x-achilles-client` and operation. No read carries it.',
  },
  SessionToken: { ...SessionToken, description: 'The token that the handshake gave, where the caller sends it.' },
  TraceParent: { ...TraceParent, description: 'Where the request stands in a trace (W3C Trace Context).' },
  TraceState,
} satisfies Parameters

/** Which of them an operation is sent. */
export function coreRequestHeadersOf({ writes }: CoreOperation): NonNullable<Operation['parameters']> {
  return Object.keys(CORE_REQUEST_HEADERS)
    .filter((name) => writes || name !== 'IdempotencyKey')
    .map((name) => ({ $ref: `#/components/parameters/${name}` }))
}
