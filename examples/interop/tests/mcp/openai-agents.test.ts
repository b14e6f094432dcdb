import {
  Agent,
  type AgentInputItem,
  type FunctionTool,
  getAllMcpTools,
  type MCPServer,
  MCPServerStdio,
  MCPServerStreamableHttp,
  type Model,
  RunContext,
  run,
  setTracingDisabled,
  Usage,
} from '@openai/agents'
import { expect } from 'vitest'
import type { Gateway } from '../support/gateway.ts'
import { interopTest, testAgent, testClient } from '../support/interop-test.ts'
import { readResult, type ToolClient } from '../support/tool-client.ts'

setTracingDisabled(true)

const TOOL = '@openai/agents'
const overHttp = ({ mcpUrl }: Gateway) => new MCPServerStreamableHttp({ url: mcpUrl, name: 'achilles' })
const overStdio = ({ stdio }: Gateway) => new MCPServerStdio({ ...stdio, name: 'achilles' })

async function connect(server: MCPServer): Promise<ToolClient> {
  await server.connect()
  const tools = await server.listTools()
  return {
    tools: tools.map(({ name }) => name),
    call: async (tool, input) => readResult(await server.callToolResult?.(tool, input)),
    close: () => server.close(),
  }
}

testClient(TOOL, 'HTTP', (gateway) => connect(overHttp(gateway)))
testClient(TOOL, 'stdio', (gateway) => connect(overStdio(gateway)))

interopTest(TOOL, 'HTTP, strict function tools', async (gateway) => {
  const server = overHttp(gateway)
  await server.connect()
  try {
    const tools = (await getAllMcpTools({ mcpServers: [server], convertSchemasToStrict: true })) as FunctionTool[]
    for (const { name, strict, parameters } of tools) {
      expect({ name, strict }).toEqual({ name, strict: true })
      const { inputSchema } = (await server.listTools()).find((tool) => tool.name === name) ?? {}
      // In strict mode every property is required; optional ones may be null.
      expect((parameters as { required?: string[] }).required).toEqual(Object.keys(inputSchema?.properties ?? {}))
    }
    const resolve = tools.find(({ name }) => name === 'sessions_resolve')
    expect(resolve?.strict).toBe(true)
    // A model in strict mode sends every property; the SDK removes the nulls, which the gateway rejects.
    const input = { external_session_key: 'none', workspace_id: 'ws-none', user_id: null }
    expect(await resolve?.invoke(new RunContext(), JSON.stringify(input))).toMatchObject({
      text: JSON.stringify({ found: false, session: null }),
    })
  } finally {
    await server.close()
  }
})

testAgent(TOOL, 'HTTP', async (gateway, script) => {
  const server = overHttp(gateway)
  await server.connect()
  let results: string[] = []
  const model: Model = {
    async getResponse({ input }) {
      results = (input as AgentInputItem[]).flatMap((item) =>
        item.type === 'function_call_result' ? [getText(item.output)] : [],
      )
      const call = script.next(results)
      return {
        usage: new Usage(),
        output: [
          call
            ? {
                type: 'function_call',
                callId: `${results.length}`,
                name: call.tool,
                arguments: JSON.stringify(call.input),
                status: 'completed',
              }
            : {
                type: 'message',
                role: 'assistant',
                status: 'completed',
                content: [{ type: 'output_text', text: 'done' }],
              },
        ],
      }
    },
    getStreamedResponse() {
      throw new Error('not streamed')
    },
  }
  try {
    const { finalOutput } = await run(new Agent({ name: 'recorder', model, mcpServers: [server] }), 'Record a session.')
    expect(finalOutput).toBe('done')
  } finally {
    await server.close()
  }
  return results
})

const getText = (output: unknown): string => (output as { text: string }[]).map(({ text }) => text).join('')
