import { AIMessage, ToolMessage } from '@langchain/core/messages'
import { fakeModel } from '@langchain/core/testing'
import { type Connection, MultiServerMCPClient } from '@langchain/mcp-adapters'
import { createAgent } from 'langchain'
import type { Gateway } from '../support/gateway.ts'
import { testAgent, testClient } from '../support/interop-test.ts'
import type { ToolClient } from '../support/tool-client.ts'

const TOOL = '@langchain/mcp-adapters'
const overHttp = ({ mcpUrl }: Gateway): Connection => ({ transport: 'http', url: mcpUrl })
const overStdio = ({ stdio }: Gateway): Connection => ({ transport: 'stdio', ...stdio, stderr: 'ignore' })
const createClient = (connection: Connection) => new MultiServerMCPClient({ mcpServers: { achilles: connection } })

async function connect(connection: Connection): Promise<ToolClient> {
  const client = createClient(connection)
  const tools = new Map((await client.getTools()).map((tool) => [tool.name, tool]))
  return {
    tools: [...tools.keys()],
    call: async (tool, input) => getText(await tools.get(tool)?.invoke(input)),
    close: () => client.close(),
  }
}

/** A result is a text, or a content block if there is structured content too. */
const getText = (result: unknown): string => (typeof result === 'string' ? result : (result as { text: string }).text)

/** The text in a tool's message, where a content block is JSON, and an error is LangChain's report of it. */
function readMessage(message: string): string {
  if (!message.startsWith('{"type":"text"')) return message
  return getText(JSON.parse(message))
}

testClient(TOOL, 'HTTP', (gateway) => connect(overHttp(gateway)))
testClient(TOOL, 'stdio', (gateway) => connect(overStdio(gateway)))

testAgent(TOOL, 'HTTP', async (gateway, script) => {
  const client = createClient(overHttp(gateway))
  let results: string[] = []
  const model = fakeModel()
  for (let turn = 0; turn < 10; turn++)
    model.respond((messages) => {
      results = messages.filter((message) => ToolMessage.isInstance(message)).map(({ text }) => readMessage(text))
      const call = script.next(results)
      return call
        ? new AIMessage({ content: '', tool_calls: [{ id: `${results.length}`, name: call.tool, args: call.input }] })
        : new AIMessage('done')
    })
  try {
    const agent = createAgent({ model, tools: await client.getTools() })
    await agent.invoke({ messages: 'Record a session.' } as never)
  } finally {
    await client.close()
  }
  return results
})
