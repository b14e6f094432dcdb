/** An MCP client as this tool's users have it. */
export interface ToolClient {
  /** Names of the tools that it found. */
  tools: string[]
  /** Resolves with the text of the result. For a failed call, rejects with what the tool shows of it. */
  call(tool: string, input: Record<string, unknown>): Promise<string>
  close(): Promise<void>
}

interface SdkClient {
  listTools(): Promise<{ tools: { name: string }[] }>
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<Record<string, unknown>>
  close(): Promise<void>
}

/** Adapts a connected client of an official SDK. */
export async function toToolClient(client: SdkClient): Promise<ToolClient> {
  const { tools } = await client.listTools()
  return {
    tools: tools.map(({ name }) => name),
    call: async (name, input) => readResult(await client.callTool({ name, arguments: input })),
    close: () => client.close(),
  }
}

/** The text of a result. @throws Error with the text if the result is an error */
export function readResult(result: unknown): string {
  const { content, isError } = result as { content: { type: string; text: string }[]; isError?: boolean }
  const text = content.map((block) => block.text).join('\n')
  if (isError) throw new Error(text)
  return text
}
