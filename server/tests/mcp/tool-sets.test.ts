import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect } from 'vitest'
import { reply } from '../support/scripted-core.ts'
import { test as base } from '../support/scripted-gateway.ts'
import { MCP_HEADERS } from '../support/tool-calls.ts'

/** A client of the newest revision, of an agent whose URL has this query. */
const test = base.extend('connect', ({ gateway }, { onCleanup }) => {
  const clients: Client[] = []
  onCleanup(async () => {
    for (const client of clients) await client.close()
  })
  return async (query = '') => {
    const client = new Client({ name: 'agent', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StreamableHTTPClientTransport(new URL(`/mcp${query}`, gateway.url)))
    clients.push(client)
    return client
  }
})

const namesOf = ({ tools }: { tools: { name: string }[] }) => tools.map(({ name }) => name)

describe('the query parameter tools', () => {
  test('chooses the tools, and what the instructions name', async ({ connect }) => {
    const [all, read, record] = await Promise.all([connect(), connect('?tools=read'), connect('?tools=record')])
    expect(namesOf(await all.listTools())).toHaveLength(11)
    expect(namesOf(await read.listTools())).toEqual(['health', 'sessions_resolve', 'signals_insights'])
    expect(namesOf(await record.listTools())).not.toContain('errors_correlate')
    expect(read.getInstructions()).not.toContain('signals_ingest_batch')
    expect(record.getInstructions()).toContain('signals_ingest_batch')
    expect((await read.listPrompts()).prompts).toEqual([])
    await expect(read.callTool({ name: 'sessions_create' })).rejects.toThrow('Unknown tool: sessions_create')
  })

  test('is rejected if it names no set', async ({ gateway }) => {
    const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
    const response = await fetch(`${gateway.url}/mcp?tools=write`, { method: 'POST', headers: MCP_HEADERS, body })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      code: 'BAD_REQUEST',
      issues: [{ path: 'tools', message: 'must be one of all, read, record' }],
    })
  })
})

test('the prompt tells an agent to record its work on a task', async ({ connect }) => {
  const client = await connect()
  expect((await client.listPrompts()).prompts).toMatchObject([{ name: 'record_work', arguments: [{ name: 'task' }] }])
  const { messages } = await client.getPrompt({ name: 'record_work', arguments: { task: 'Fix the cart.' } })
  expect(messages).toMatchObject([
    {
      role: 'user',
      content: { type: 'text', text: expect.stringMatching(/signals_ingest_batch[\s\S]*Fix the cart\.$/) },
    },
  ])
  const names = namesOf(await client.listTools())
  for (const [name] of String(messages[0]?.content.type === 'text' && messages[0].content.text).matchAll(
    /\b[a-z]+_[a-z_]+(?= |,|\.|:)/g,
  ))
    expect(['create_if_missing', 'external_session_key', 'source_type', ...names]).toContain(name)
})

describe('insights as a resource', () => {
  const insight = {
    ...{ insight_id: 'i', session_id: 'ses a', severity: 'low', category: 'quality', title: 't', message: 'm' },
    ...{ payload: {}, created_at: '2026-03-02T09:00:00Z' },
  }

  test('has the JSON that Core sent', async ({ core, connect }) => {
    core.answer(reply(200, `[${JSON.stringify(insight).replace('{}', '{"n":12345678901234567890}')}]`))
    const client = await connect()
    const { resourceTemplates } = await client.listResourceTemplates()
    expect(resourceTemplates).toMatchObject([{ uriTemplate: 'achilles://sessions/{session_id}/insights' }])
    expect((await client.listResources()).resources).toEqual([])
    const uri = 'achilles://sessions/ses%20a/insights'
    const { contents } = await client.readResource({ uri })
    expect(contents).toEqual([
      { uri, mimeType: 'application/json', text: expect.stringContaining('12345678901234567890') },
    ])
    expect(JSON.parse(core.seen[0]?.text ?? '')).toEqual({ session_id: 'ses a', limit: 50 })
  })

  test('of an unknown session is an error with the problem', async ({ core, connect }) => {
    core.answer(reply(404, { detail: 'session x is unknown' }))
    const reading = (await connect()).readResource({ uri: 'achilles://sessions/x/insights' })
    await expect(reading).rejects.toMatchObject({ code: -32602, data: { code: 'NOT_FOUND', status: 404 } })
  })
})
