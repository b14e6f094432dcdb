import { createMCPClient, type MCPClient } from '@ai-sdk/mcp'
import { Experimental_StdioMCPTransport as StdioTransport } from '@ai-sdk/mcp/mcp-stdio'
import { generateText, isStepCount } from 'ai'
import { expect } from 'vitest'
import type { Gateway } from '../support/gateway.ts'
import { testAgent, testClient } from '../support/interop-test.ts'
import { createScriptedModel } from '../support/scripted-model.ts'
import { readResult, type ToolClient } from '../support/tool-client.ts'

const TOOL = '@ai-sdk/mcp'
const overHttp = ({ mcpUrl }: Gateway) => createMCPClient({ transport: { type: 'http', url: mcpUrl } })
const overStdio = ({ stdio }: Gateway) =>
  createMCPClient({ transport: new StdioTransport({ ...stdio, stderr: 'ignore' }) })

async function toToolClient(client: MCPClient): Promise<ToolClient> {
  expect(client.instructions).toContain('sessions_create')
  const tools = await client.tools()
  return {
    tools: Object.keys(tools),
    call: async (tool, input) =>
      readResult(await tools[tool]?.execute(input, { toolCallId: '1', messages: [], context: {} })),
    close: () => client.close(),
  }
}

testClient(TOOL, 'HTTP', async (gateway) => toToolClient(await overHttp(gateway)))
testClient(TOOL, 'stdio', async (gateway) => toToolClient(await overStdio(gateway)))

testAgent(TOOL, 'HTTP', async (gateway, script) => {
  const client = await overHttp(gateway)
  const scripted = createScriptedModel(script)
  try {
    const tools = await client.tools()
    const stopWhen = isStepCount(10)
    const { text } = await generateText({ model: scripted.model, tools, prompt: 'Record a session.', stopWhen })
    expect(text).toBe('done')
  } finally {
    await client.close()
  }
  return scripted.results
})
