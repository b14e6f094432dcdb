import type { MiddlewareHandler } from 'hono'
import { hasDisconnected } from '../http/disconnect.ts'
import type { GatewayEnv } from '../http/env.ts'
import { getSurface } from '../http/paths.ts'
import { RequestRecord } from '../telemetry/request-record.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** Creates the request's record, and ends it with the response: log line, metrics, span. */
export function requestLog(telemetry: Telemetry): MiddlewareHandler<GatewayEnv> {
  return async function requestLog(c, next) {
    const record = new RequestRecord(telemetry, {
      surface: getSurface(c.req.path),
      requestId: c.get('requestId'),
      method: c.req.method,
      trace: { traceparent: c.req.header('traceparent'), tracestate: c.req.header('tracestate') },
    })
    c.set('record', record)
    await next()
    record.end({ status: c.res.status, disconnected: hasDisconnected(c) })
  }
}
