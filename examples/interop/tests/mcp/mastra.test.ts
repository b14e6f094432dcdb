import { Agent } from '@mastra/core/agent'
import { type MastraMCPServerDefinition, MCPClient } from '@mastra/mcp'
import { expect } from 'vitest'
import type { Gateway } from '../support/gateway.ts'
import { testAgent, testClient } from '../support/interop-test.ts'
import { createScriptedModel } from '../support/scripted-model.ts'
import { readResult, type ToolClient } from '../support/tool-client.ts'

const TOOL = '@mastra/mcp'
const overHttp = ({ mcpUrl }: Gateway): MastraMCPServerDefinition => ({ url: new URL(mcpUrl) })
const overStdio = ({ stdio }: Gateway): MastraMCPServerDefinition => ({ ...stdio, stderr: 'ignore' })

async function connect(server: MastraMCPServerDefinition): Promise<ToolClient> {
  const client = new MCPClient({ id: crypto.randomUUID(), servers: { achilles: server } })
  const { achilles: tools = {} } = await client.listToolsets()
  return {
    tools: Object.keys(tools),
    async call(tool, input) {
      // The structured content, or without it the whole result.
      const result: object = await tools[tool]?.execute?.(input, {} as never)
      return 'content' in result ? readResult(result) : JSON.stringify(result)
    },
    close: () => client.disconnect(),
  }
}

testClient(TOOL, 'HTTP', (gateway) => connect(overHttp(gateway)))
testClient(TOOL, 'stdio', (gateway) => connect(overStdio(gateway)))

testAgent(TOOL, 'HTTP', async (gateway, script) => {
  const client = new MCPClient({ id: crypto.randomUUID(), servers: { achilles: overHttp(gateway) } })
  const scripted = createScriptedModel(script, 'achilles_')
  // Mastra's type of a model expects the result of `doStream` from `doGenerate` too.
  const model = scripted.model as never
  try {
    const tools = await client.listTools()
    const agent = new Agent({ id: 'a', name: 'a', instructions: 'Record a session.', model, tools })
    expect((await agent.generate('Begin.', { maxSteps: 10 })).text).toBe('done')
  } finally {
    await client.disconnect()
  }
  return scripted.results
})
