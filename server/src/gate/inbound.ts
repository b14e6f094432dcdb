import type { CallSignal } from '../call-signal.ts'
import { badRequest, type GatewayError } from '../problem/gateway-error.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import type { GatewayContext } from './gateway-env.ts'
import { hangUpOf } from './hang-up.ts'
import { headerOf } from './header-of.ts'
import type { Principal } from './principal.ts'

const FORWARDED_HEADERS = ['idempotency-key', 'traceparent', 'tracestate', 'x-mcp-session-token'] as const

/** What of a caller's request the procedures and Core may know. */
export interface Inbound {
  requestId: string
  /** What will be told of the request. */
  record: RequestRecord
  /** Who calls, or the refusal for a stranger. */
  principal: Principal | GatewayError
  /** `idempotency-key`, `traceparent`, `tracestate` and `x-mcp-session-token`, where the caller sent them. */
  headers: Readonly<Partial<Record<(typeof FORWARDED_HEADERS)[number], string>>>
  /** How many procedures this one request calls: more than one only in a native batch. */
  calls: number
  /** Aborts when the caller hangs up or cancels. */
  hangUp: CallSignal
}

const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,256}$/

/**
 * What of this request the procedures and Core may know; no other header of the caller's goes any further.
 * @throws GatewayError 400 for an `idempotency-key` that is not 1–256 printable ASCII characters.
 */
export function inboundOf(c: GatewayContext, calls = 1): Inbound {
  const headers: Inbound['headers'] = Object.fromEntries(
    FORWARDED_HEADERS.flatMap((name) => {
      const value = headerOf(c, name)
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
    calls,
    hangUp: hangUpOf(c),
  }
}
