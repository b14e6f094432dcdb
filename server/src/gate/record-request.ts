import type { MiddlewareHandler } from 'hono'
import { RequestRecord, type Surface } from '../telemetry/request-record.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { GatewayEnv } from './gateway-env.ts'
import { hasHungUp } from './hang-up.ts'
import { headerOf } from './header-of.ts'

/**
 * Opens the record of a request, and tells it once the request is answered.
 * @param surfaceOf the surface at a path
 */
export function recordRequest(
  telemetry: Telemetry,
  surfaceOf: (path: string) => Surface,
): MiddlewareHandler<GatewayEnv> {
  return async function recordRequest(c, next) {
    const record = new RequestRecord(telemetry, {
      surface: surfaceOf(c.req.path),
      requestId: c.get('requestId'),
      method: c.req.method,
      trace: { traceparent: headerOf(c, 'traceparent'), tracestate: headerOf(c, 'tracestate') },
    })
    c.set('record', record)
    await next()
    record.end({ status: c.res.status, hungUp: hasHungUp(c) })
  }
}
