import { stringifyJson } from '@achilles/mcp-contract'
import type { CallToolResult } from '@modelcontextprotocol/server'
import { callTRPCProcedure } from '@trpc/server'
import type { Inbound } from '../../gate/inbound.ts'
import { toProblem } from '../../problem/to-problem.ts'
import type { Services } from '../../procedures/context.ts'
import { appRouter } from '../../procedures/router.ts'
import type { Tool } from './tools.ts'

/** One call of a tool. */
interface ToolCall {
  /** Anything; the procedure is the only one to judge. */
  input: unknown
  inbound: Inbound
  /** Aborts when the caller hangs up or cancels. */
  signal: AbortSignal
  /** Which of the calls in its request it is. */
  index: number
}

/**
 * Calls a tool's procedure. What it answers is in the text, as Core's very JSON where it came from Core;
 * `encodeMessage` writes the same as structured content. A failure is a result as well, its text a problem.
 */
export async function callTool(
  { operation, procedure, wrapper }: Tool,
  { input, inbound, signal, index }: ToolCall,
  services: Services,
): Promise<CallToolResult> {
  let answer: Buffer | undefined
  try {
    const output = await callTRPCProcedure({
      router: appRouter,
      path: operation,
      type: procedure._def.type,
      getRawInput: async () => input,
      ctx: {
        services,
        inbound: { ...inbound, hangUp: signal },
        writtenInput: undefined,
        onAnswer(bytes: Buffer) {
          answer = bytes
        },
      },
      signal: undefined,
      batchIndex: index,
    })
    const text = answer?.toString('utf8') ?? stringifyJson(output)
    return resultOf(wrapper === undefined ? text : `{"${wrapper}":${text}}`)
  } catch (error) {
    const problem = toProblem(error, inbound.requestId)
    inbound.record.failed(problem)
    if (problem.status === 500) {
      const err = error instanceof Error ? (error.cause ?? error) : error
      services.telemetry.log.error({ request_id: inbound.requestId, operation, err }, 'a fault of ours')
    }
    return { ...resultOf(JSON.stringify(problem)), isError: true }
  }
}

const resultOf = (text: string): CallToolResult => ({ content: [{ type: 'text', text }], structuredContent: {} })
