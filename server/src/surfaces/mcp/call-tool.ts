import { stringifyJson } from '@achilles/mcp-contract'
import { type CallToolResult, TRACEPARENT_META_KEY, TRACESTATE_META_KEY } from '@modelcontextprotocol/server'
import { callTRPCProcedure } from '@trpc/server'
import { reportFailure } from '../../errors/to-problem.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { RawJson, Services } from '../../procedures/context.ts'
import { appRouter } from '../../procedures/router.ts'
import { parseNestedJson } from './parse-nested-json.ts'
import type { Tool } from './tools.ts'

interface ToolCall {
  /** Not validated yet: the procedure does that. */
  input: unknown
  inbound: RequestContext
  /** Aborts when the client disconnects or cancels. */
  signal: AbortSignal
  index: number
}

/**
 * The result's text is the procedure's output, verbatim from Core where possible; `encodeMessage` copies it to the
 * structured content. A failure becomes a result with a problem as its text.
 */
export async function callTool(
  { operation, procedure, wrapper, inputSchema }: Tool,
  { input, inbound, signal, index }: ToolCall,
  services: Services,
): Promise<CallToolResult> {
  const raw: RawJson = {}
  try {
    const output = await callTRPCProcedure({
      router: appRouter,
      path: operation,
      type: procedure._def.type,
      getRawInput: async () => parseNestedJson(inputSchema, input),
      ctx: { services, inbound: { ...inbound, disconnectSignal: signal }, raw },
      signal: undefined,
      batchIndex: index,
    })
    const text = raw.response?.bytes.toString('utf8') ?? stringifyJson(output)
    return toResult(wrapper === undefined ? text : `{"${wrapper}":${text}}`)
  } catch (error) {
    const { requestId, record } = inbound
    const problem = reportFailure(error, { requestId, record, log: services.telemetry.log, where: { operation } })
    return { ...toResult(JSON.stringify(problem)), isError: true }
  }
}

const toResult = (text: string): CallToolResult => ({ content: [{ type: 'text', text }], structuredContent: {} })

const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/
const TRACESTATE = /^[\x20-\x7e]{1,512}$/

/** Takes the trace from `_meta`, unless a header has one. @see https://www.w3.org/TR/trace-context/ */
export function withTrace(
  inbound: RequestContext,
  meta: Readonly<Record<string, unknown>> | undefined,
): RequestContext {
  const { [TRACEPARENT_META_KEY]: traceparent, [TRACESTATE_META_KEY]: tracestate } = meta ?? {}
  const isTrace = typeof traceparent === 'string' && TRACEPARENT.test(traceparent)
  if (inbound.headers.traceparent !== undefined || !isTrace) return inbound
  const hasState = typeof tracestate === 'string' && TRACESTATE.test(tracestate)
  const trace = { traceparent, ...(hasState && { tracestate }) }
  inbound.record.setTrace(trace)
  return { ...inbound, headers: { ...inbound.headers, ...trace } }
}
