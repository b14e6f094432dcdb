import {
  connectToMcpServer,
  discoverTools,
  type MCPServerConfig,
  type McpContext,
  MessageBus,
  PolicyEngine,
  WorkspaceContext,
} from '@google/gemini-cli-core'
import { expect } from 'vitest'
import type { Gateway } from '../support/gateway.ts'
import { interopTest, recordSession } from '../support/interop-test.ts'

const TOOL = '@google/gemini-cli-core'
const SERVER = 'achilles'

async function callTools(gateway: Gateway, config: MCPServerConfig): Promise<void> {
  const diagnostics: string[] = []
  const context: McpContext = {
    sanitizationConfig: {
      allowedEnvironmentVariables: [],
      blockedEnvironmentVariables: [],
      enableEnvironmentVariableRedaction: false,
    },
    emitMcpDiagnostic: (_severity, message) => diagnostics.push(message),
    isTrustedFolder: () => true,
  }
  const client = await connectToMcpServer('1', SERVER, config, false, new WorkspaceContext(gateway.folder), context)
  try {
    const found = await discoverTools(SERVER, config, client, context, new MessageBus(new PolicyEngine()))
    const tools = new Map(found.map((tool) => [tool.serverToolName, tool]))
    expect(diagnostics).toEqual([])
    const declaration = tools.get('signals_ingest_batch')?.schema
    expect(declaration).toMatchObject({
      name: `mcp_${SERVER}_signals_ingest_batch`,
      parametersJsonSchema: { type: 'object', properties: { events: { type: 'array', items: { type: 'object' } } } },
    })
    await recordSession(gateway, {
      tools: [...tools.keys()],
      call: async (tool, input) => {
        const result = await tools.get(tool)?.buildAndExecute(input, new AbortController().signal)
        if (result?.error) throw new Error(result.error.message)
        return String(result?.returnDisplay)
      },
    })
  } finally {
    await client.close()
  }
}

interopTest(TOOL, 'HTTP', (gateway) => callTools(gateway, { httpUrl: gateway.mcpUrl }))
interopTest(TOOL, 'stdio', (gateway) => callTools(gateway, gateway.stdio))
