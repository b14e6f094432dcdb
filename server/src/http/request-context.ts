import { badRequest, type GatewayError } from '../errors/gateway-error.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import { getDisconnectSignal } from './disconnect.ts'
import type { GatewayContext, Preference } from './env.ts'
import type { Principal } from './principal.ts'

const FORWARDED_HEADERS = ['idempotency-key', 'traceparent', 'tracestate', 'x-mcp-session-token'] as const

export interface RequestContext {
  requestId: string
  record: RequestRecord
  /** An error for an unauthenticated caller. */
  principal: Principal | GatewayError
  headers: Readonly<Partial<Record<(typeof FORWARDED_HEADERS)[number], string>>>
  /** Milliseconds since 1970. */
  receivedAt: number
  /** What the caller prefers (RFC 7240), if a procedure can apply it. */
  preference?: Preference | undefined
  /** Procedure calls in this request; more than one only in a native batch. */
  calls: number
  /** Aborts when the caller disconnects or cancels. */
  disconnectSignal: AbortSignal
  /** Of a stream: notified when Core goes away, and when it is back. */
  onStatus?: ((status: 'degraded' | 'ok') => void) | undefined
}

const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,256}$/

/** Forwards no headers but `FORWARDED_HEADERS`. @throws GatewayError 400 for an invalid `idempotency-key`. */
export function getRequestContext(c: GatewayContext, calls = 1): RequestContext {
  const headers: RequestContext['headers'] = Object.fromEntries(
    FORWARDED_HEADERS.flatMap((name) => {
      const value = c.req.header(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
  const key = headers['idempotency-key']
  if (key !== undefined && !IDEMPOTENCY_KEY.test(key)) {
    throw badRequest([{ path: 'idempotency-key', message: 'must be 1 to 256 printable ASCII characters' }])
  }
  return {
    requestId: c.get('requestId'),
    record: c.get('record'),
    principal: c.get('principal'),
    headers,
    receivedAt: c.get('receivedAt'),
    preference: c.get('preference'),
    calls,
    disconnectSignal: getDisconnectSignal(c),
  }
}
