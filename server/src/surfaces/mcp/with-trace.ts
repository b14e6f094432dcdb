import { TRACEPARENT_META_KEY, TRACESTATE_META_KEY } from '@modelcontextprotocol/server'
import type { Inbound } from '../../gate/inbound.ts'

const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/
const TRACESTATE = /^[\x20-\x7e]{1,512}$/

/**
 * The same request, its trace taken from the call's `_meta` where no header names one.
 * @see https://www.w3.org/TR/trace-context/
 */
export function withTrace(inbound: Inbound, meta: Readonly<Record<string, unknown>> | undefined): Inbound {
  const { [TRACEPARENT_META_KEY]: traceparent, [TRACESTATE_META_KEY]: tracestate } = meta ?? {}
  const isTrace = typeof traceparent === 'string' && TRACEPARENT.test(traceparent)
  if (inbound.headers.traceparent !== undefined || !isTrace) return inbound
  const hasState = typeof tracestate === 'string' && TRACESTATE.test(tracestate)
  const trace = { traceparent, ...(hasState && { tracestate }) }
  inbound.record.belongsTo(trace)
  return { ...inbound, headers: { ...inbound.headers, ...trace } }
}
