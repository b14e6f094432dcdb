import type { Problem } from '@achilles/mcp-contract'
import { parseJson } from '@achilles/mcp-contract'

/** The headers of a client of revision 2025-06-18. */
export const MCP_HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2025-06-18',
}

/** The tool name of a procedure: `signals_ingest_batch` for `signals.ingestBatch`. */
export const toolOf = (operation: string): string =>
  operation.replaceAll('.', '_').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** A message that calls a procedure's tool, with arguments as JSON text. A single event is sent as a batch of one. */
export function toolCall(operation: string, text: string, id: number | string = 1): string {
  if (operation === 'signals.ingest') return toolCall('signals.ingestBatch', `{"events":[${text}]}`, id)
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"tools/call","params":{"name":"${toolOf(operation)}","arguments":${text}}}`
}

/** Parses a tool's result into the procedure's value or a problem. The text content must be equal. */
export function answeredBy(operation: string, text: string): { value: unknown; problem: Problem | undefined } {
  const { result } = parseJson(text) as { result?: ToolResult }
  if (!result) throw new Error(`no result: ${text}`)
  const { structuredContent, isError, content } = result
  const [said] = content
  if (
    content.length !== 1 ||
    JSON.stringify(parseJson(said?.text ?? ''), big) !== JSON.stringify(structuredContent, big)
  )
    throw new Error(`text and structured content differ: ${text}`)
  if (isError) return { value: undefined, problem: structuredContent as Problem }
  return {
    value: operation === 'signals.insights' ? structuredContent.insights : structuredContent,
    problem: undefined,
  }
}

interface ToolResult {
  content: { type: 'text'; text: string }[]
  structuredContent: Record<string, unknown>
  isError?: boolean
}

const big = (_key: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)
