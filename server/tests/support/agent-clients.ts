import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport as TransportV1 } from '@modelcontextprotocol/sdk/shared/transport.js'

/** A common interface for the official clients. */
export interface AgentClient {
  /** The negotiated protocol revision, if the client exposes it. */
  revision: string | undefined
  instructions: string | undefined
  tools(): Promise<{ name: string }[]>
  /** Rejects if the result does not match the tool's output schema. */
  call(name: string, input?: Record<string, unknown>): Promise<ToolAnswer>
  close(): Promise<void>
}

interface ToolAnswer {
  text: string
  structured: Record<string, unknown>
  isError: boolean
}

/** The gateway to connect to: a URL, or a command that the client starts. */
export type Place = { url: string } | StdioPlace

interface StdioPlace {
  commandLine: readonly string[]
  settings: Record<string, string>
  cwd: string
}

/** The official clients: for the newest protocol revision and for earlier ones. */
export const AGENT_CLIENTS: [name: string, connect: (place: Place) => Promise<AgentClient>][] = [
  ['v2, 2026-07-28', (place) => connectV2(place, 'auto')],
  ['v2, 2025-11-25', (place) => connectV2(place, 'legacy')],
  ['v1', connectV1],
]

const ME = { name: 'agent', version: '1' }

const toParameters = ({ commandLine: [command = '', ...args], settings, cwd }: StdioPlace) => ({
  command,
  args,
  env: settings,
  cwd,
  stderr: 'ignore' as const,
})

async function connectV2(place: Place, mode: 'auto' | 'legacy'): Promise<AgentClient> {
  const client = new ClientV2(ME, { versionNegotiation: { mode } })
  await client.connect('url' in place ? new HttpV2(new URL('/mcp', place.url)) : new StdioV2(toParameters(place)))
  return {
    revision: client.getNegotiatedProtocolVersion(),
    instructions: client.getInstructions(),
    tools: async () => (await client.listTools()).tools,
    call: async (name, input) => parseResponse(await client.callTool({ name, ...(input && { arguments: input }) })),
    close: () => client.close(),
  }
}

async function connectV1(place: Place): Promise<AgentClient> {
  const client = new ClientV1(ME)
  const transport = 'url' in place ? new HttpV1(new URL('/mcp', place.url)) : new StdioV1(toParameters(place))
  // The SDK's types conflict about `sessionId` with exactOptionalPropertyTypes.
  await client.connect(transport as TransportV1)
  return {
    revision: undefined,
    instructions: client.getInstructions(),
    tools: async () => (await client.listTools()).tools,
    call: async (name, input) => parseResponse(await client.callTool({ name, ...(input && { arguments: input }) })),
    close: () => client.close(),
  }
}

function parseResponse(result: { [key: string]: unknown }): ToolAnswer {
  const { content, structuredContent, isError } = result as {
    content: { text: string }[]
    structuredContent: Record<string, unknown>
    isError?: boolean
  }
  return { text: content[0]?.text ?? '', structured: structuredContent, isError: isError === true }
}
