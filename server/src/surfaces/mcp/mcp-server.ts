import type { Problem } from '@achilles/mcp-contract'
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
import { RECORD_WORK, recordWork } from './record-work-prompt.ts'
import { parseInsightsUri, SESSION_INSIGHTS } from './session-insights-resource.ts'
import { listTools, type Tool, type ToolSet } from './tools.ts'

const toolsByName = (set: ToolSet) =>
  new Map(listTools(appRouter, set).map((tool) => [tool.definition.name, tool] as const))
const TOOLS: Readonly<Record<ToolSet, ReadonlyMap<string, Tool>>> = {
  all: toolsByName('all'),
  read: toolsByName('read'),
  record: toolsByName('record'),
}

export type RunCall = (
  signal: AbortSignal,
  call: (inbound: RequestContext) => Promise<CallToolResult>,
) => Promise<CallToolResult>

// Accepts anything: the SDK has validated the protocol's fields, and the procedure validates the arguments.
const CallParams = z.object({ name: z.string(), arguments: z.unknown().optional() })
const CallResult = z.custom<CallToolResult>()

/**
 * Uses the SDK's low-level `Server`, since `McpServer` validates arguments itself and reports errors in another format.
 * With `subscribe`, changes of resources can be subscribed to.
 * @see https://modelcontextprotocol.io/specification/2026-07-28/server/tools
 */
export function createMcpServer(
  services: Services,
  runCall: RunCall,
  set: ToolSet = 'all',
  { subscribe = false } = {},
): Server {
  const server = new ToolServer(
    { name: 'achilles-mcp-gateway', title: 'Achilles MCP Gateway', version },
    {
      capabilities: { tools: {}, resources: subscribe ? { subscribe } : {}, prompts: {} },
      instructions: getInstructions(set),
    },
  )
  const tools = TOOLS[set]
  let calls = 0
  const call = (tool: Tool, input: unknown, { _meta, signal }: ServerContext['mcpReq']) =>
    runCall(signal, (inbound) =>
      callTool(tool, { input, inbound: withTrace(inbound, _meta), signal, index: calls++ }, services),
    )

  server.setRequestHandler('tools/list', ({ params }) => {
    requireSinglePage(params)
    return { tools: [...tools.values()].map(({ definition }) => definition) }
  })
  server.setRequestHandler('tools/call', { params: CallParams, result: CallResult }, (params, { mcpReq }) => {
    const tool = tools.get(params.name)
    if (!tool) throw invalidParams(`Unknown tool: ${params.name.slice(0, 128)}`)
    return call(tool, params.arguments ?? {}, mcpReq)
  })

  server.setRequestHandler('resources/list', ({ params }) => {
    requireSinglePage(params)
    return { resources: [] }
  })
  server.setRequestHandler('resources/templates/list', ({ params }) => {
    requireSinglePage(params)
    return { resourceTemplates: [SESSION_INSIGHTS] }
  })
  server.setRequestHandler('resources/read', async ({ params: { uri } }, { mcpReq }) => {
    const session_id = parseInsightsUri(uri)
    if (session_id === undefined) throw invalidParams(`Unknown resource: ${uri.slice(0, 128)}`)
    const { isError, content } = await call(INSIGHTS, { session_id }, mcpReq)
    const [first] = content
    const text = first?.type === 'text' ? first.text : ''
    if (!isError) return { contents: [{ uri, mimeType: SESSION_INSIGHTS.mimeType, text }] }
    const problem = JSON.parse(text) as Problem
    const code = problem.retryable ? ProtocolErrorCode.InternalError : ProtocolErrorCode.InvalidParams
    throw new ProtocolError(code, problem.detail, problem)
  })

  server.setRequestHandler('prompts/list', ({ params }) => {
    requireSinglePage(params)
    return { prompts: set === 'read' ? [] : [RECORD_WORK] }
  })
  server.setRequestHandler('prompts/get', ({ params }) => {
    if (params.name !== RECORD_WORK.name || set === 'read')
      throw invalidParams(`Unknown prompt: ${params.name.slice(0, 128)}`)
    return recordWork(params.arguments?.task)
  })
  return server
}

const INSIGHTS = TOOLS.all.get('signals_insights') as Tool

const invalidParams = (message: string) => new ProtocolError(ProtocolErrorCode.InvalidParams, message)

function requireSinglePage(params: { cursor?: string | undefined } | undefined): void {
  if (params?.cursor !== undefined) throw invalidParams('The list has a single page: cursor is not supported.')
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

function getInstructions(set: ToolSet): string {
  return set === 'read' ? `${PURPOSE}\n\n${READING}\n\n${RULES}` : `${PURPOSE}\n\n${RECORDING}\n\n${RULES}`
}

const PURPOSE = 'Achilles records how people and agents work and derives insights from it.'

const READING =
  'To read insights, find a session by its external_session_key with sessions_resolve, then call signals_insights.'

const RECORDING = `Use one session for one task, and call the tools in this order:
1. handshake: identify yourself and read the batch size limits.
2. projects_resolve: find or create the project of your workspace.
3. sessions_create: open a session with an external_session_key of your choice; keep the session_id.
4. signals_ingest_batch, repeatedly: send many events at once.
5. agents_record_performance: record your results. sessions_update: end the session.
After an interruption, call sessions_resolve with your external_session_key to find the session again.`

const RULES = `A failed call returns isError and a problem: detail describes the error, issues lists each invalid argument \
with its path, and retryable is true if the same call may succeed later. Arguments are strict: omit unknown values, and send \
neither null nor unknown keys. Times are RFC 3339 with Z or an offset. A JSON object may be sent as text.`
