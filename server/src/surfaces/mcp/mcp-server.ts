import {
  type CallToolResult,
  type JSONRPCRequest,
  ProtocolError,
  ProtocolErrorCode,
  type Result,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { RequestContext } from '../../http/request-context.ts'
import type { Services } from '../../procedures/context.ts'
import { appRouter } from '../../procedures/router.ts'
import { version } from '../../version.ts'
import { callTool, withTrace } from './call-tool.ts'
import { listTools, type Tool } from './tools.ts'

const TOOLS = new Map(listTools(appRouter).map((tool) => [tool.definition.name, tool]))
const DEFINITIONS = [...TOOLS.values()].map(({ definition }) => definition)

export type RunCall = (
  signal: AbortSignal,
  call: (inbound: RequestContext) => Promise<CallToolResult>,
) => Promise<CallToolResult>

// Accepts anything: the SDK has validated the protocol's fields, and the procedure validates the arguments.
const CallParams = z.object({ name: z.string(), arguments: z.unknown().optional() })
const CallResult = z.custom<CallToolResult>()

/**
 * Uses the SDK's low-level `Server`, since `McpServer` validates arguments itself and reports errors in another format.
 * @see https://modelcontextprotocol.io/specification/2026-07-28/server/tools
 */
export function createMcpServer(services: Services, runCall: RunCall): Server {
  const server = new ToolServer(
    { name: 'achilles-mcp-gateway', title: 'Achilles MCP Gateway', version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  )
  let calls = 0
  server.setRequestHandler('tools/list', ({ params }) => {
    if (params?.cursor !== undefined)
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        'The tool list has a single page: cursor is not supported.',
      )
    return { tools: DEFINITIONS }
  })
  server.setRequestHandler('tools/call', { params: CallParams, result: CallResult }, (params, { mcpReq }) => {
    const tool = getTool(params.name)
    const { _meta, signal } = mcpReq
    return runCall(signal, (inbound) =>
      callTool(
        tool,
        { input: params.arguments ?? {}, inbound: withTrace(inbound, _meta), signal, index: calls++ },
        services,
      ),
    )
  })
  return server
}

type Handler = (request: JSONRPCRequest, context: ServerContext) => Promise<Result>

/** Reports params of the wrong shape as `Invalid params`; the SDK reports `Internal error`. */
class ToolServer extends Server {
  protected override _wrapHandler(method: string, handler: Handler): Handler {
    const wrapped = super._wrapHandler(method, handler)
    // Its params are validated already: anything else it throws is an internal error.
    if (method === 'tools/call') return wrapped
    return async (request, context) => {
      try {
        return await wrapped(request, context)
      } catch (error) {
        if (error instanceof ProtocolError) throw error
        const { message } = error as Error
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Invalid params for ${method}: ${message}`)
      }
    }
  }
}

function getTool(name: string): Tool {
  const tool = TOOLS.get(name)
  if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name.slice(0, 128)}`)
  return tool
}

const INSTRUCTIONS = `Achilles records how people and agents work and derives insights from it.

Use one session for one task, and call the tools in this order:
1. handshake: identify yourself and read the batch size limits.
2. projects_resolve: find or create the project of your workspace.
3. sessions_create: open a session with an external_session_key of your choice; keep the session_id.
4. signals_ingest_batch, repeatedly: send many events at once. At any time: signals_insights to read insights, \
errors_correlate to find likely causes of an error, state_snapshot to store your state.
5. agents_record_performance: record your results. sessions_update: end the session.
After an interruption, call sessions_resolve with your external_session_key to find the session again.

A failed call returns isError and a problem: detail describes the error, issues lists each invalid argument with its \
path, and retryable is true if the same call may succeed later. Arguments are strict: omit unknown values, and send \
neither null nor unknown keys. Times are RFC 3339 with Z or an offset.`
