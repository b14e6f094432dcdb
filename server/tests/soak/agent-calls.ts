import { newEvent } from '../../../embedded-core/src/testing/requests.ts'
import { AGENT_CLIENTS } from '../support/agent-clients.ts'
import { answeredBy, MCP_HEADERS, toolCall } from '../support/tool-calls.ts'
import { expectStatus, type SoakCall, type SoakTarget } from './soak-call.ts'

/** Calls of agents: raw messages, and an official client that connects and disconnects. */
export function agentCalls({ url, session_id, external_session_key }: SoakTarget): SoakCall[] {
  const send = (body: string, status = 200) =>
    fetch(`${url}/mcp`, { method: 'POST', body, headers: MCP_HEADERS }).then(expectStatus(status))

  async function tool(operation: string, input: unknown, status?: number): Promise<void> {
    const { problem } = answeredBy(operation, await send(toolCall(operation, JSON.stringify(input))))
    if (problem?.status !== status) throw new Error(`${operation}: ${JSON.stringify(problem)}`)
  }

  async function visit(): Promise<void> {
    const [, connect] = AGENT_CLIENTS[Math.floor(Math.random() * AGENT_CLIENTS.length)] ?? []
    const client = await connect?.({ url })
    await client?.tools()
    await client?.call('sessions_resolve', { external_session_key })
    await client?.close()
  }

  return [
    { name: 'MCP tool', make: () => tool('signals.ingestBatch', { events: [newEvent(session_id)] }) },
    { name: 'MCP read', make: () => tool('sessions.resolve', { external_session_key }) },
    { name: 'MCP refused', make: () => tool('signals.ingest', newEvent(session_id, { timestamp: 'noon' }), 400) },
    { name: 'MCP list', make: () => send('{"jsonrpc":"2.0","id":1,"method":"tools/list"}') },
    { name: 'MCP not JSON', make: () => send('{', 400) },
    { name: 'MCP client', make: visit },
  ]
}
