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
import type { Inbound } from '../../gate/inbound.ts'
import type { Services } from '../../procedures/context.ts'
import { appRouter } from '../../procedures/router.ts'
import { version } from '../../version.ts'
import { callTool } from './call-tool.ts'
import { INSTRUCTIONS } from './instructions.ts'
import { type Tool, toolsOf } from './tools.ts'
import { withTrace } from './with-trace.ts'

const TOOLS = new Map(toolsOf(appRouter).map((tool) => [tool.definition.name, tool]))
const DEFINITIONS = [...TOOLS.values()].map(({ definition }) => definition)

/** Calls with what the procedures may know of the request that the call stands in. */
export type Within = (
  signal: AbortSignal,
  call: (inbound: Inbound) => Promise<CallToolResult>,
) => Promise<CallToolResult>

// Anything passes: the SDK has checked what the protocol asks of a call, the procedure checks what the tool asks.
const CallParams = z.object({ name: z.string(), arguments: z.unknown().optional() })
const CallResult = z.custom<CallToolResult>()

/**
 * A server of the Model Context Protocol whose tools are the procedures. The low-level one: the SDK's other checks
 * arguments itself, in words of its own.
 * @param within calls a tool within the request at hand
 * @see https://modelcontextprotocol.io/specification/2026-07-28/server/tools
 */
export function createMcpServer(services: Services, within: Within): Server {
  const server = new ToolServer(
    { name: 'achilles-mcp-gateway', title: 'Achilles MCP Gateway', version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  )
  let calls = 0
  server.setRequestHandler('tools/list', ({ params }) => {
    if (params?.cursor !== undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is but one page.')
    return { tools: DEFINITIONS }
  })
  server.setRequestHandler('tools/call', { params: CallParams, result: CallResult }, (params, { mcpReq }) => {
    const tool = toolNamed(params.name)
    const { _meta, signal } = mcpReq
    return within(signal, (inbound) =>
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

/** A server that answers parameters of the wrong shape with `Invalid params`; the SDK's says `Internal error`. */
class ToolServer extends Server {
  protected override _wrapHandler(method: string, handler: Handler): Handler {
    const wrapped = super._wrapHandler(method, handler)
    // This one has checked parameters: what it throws else is an internal error.
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

function toolNamed(name: string): Tool {
  const tool = TOOLS.get(name)
  if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name.slice(0, 128)}`)
  return tool
}
