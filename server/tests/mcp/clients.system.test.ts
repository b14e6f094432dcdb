import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Problem } from '@achilles/mcp-contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { appRouter } from '../../src/procedures/router.ts'
import { listTools } from '../../src/surfaces/mcp/tools.ts'
import { AGENT_CLIENTS, type AgentClient, type Place } from '../support/agent-clients.ts'
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts'
import { toCommandLine } from '../support/service-process.ts'

const OUTPUTS = new Map(
  listTools(appRouter).map(({ definition, procedure, wrapper }) => {
    const { output } = procedure._def as unknown as { output: z.ZodType }
    return [definition.name, { wrapper, output }]
  }),
)

let folder: string
let running: GatewayProcess

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'achilles-mcp-'))
  for (const name of ['http', 'data']) await seedDataDir(join(folder, name))
  running = await startGatewayProcess({ ACHILLES_DATA_DIR: join(folder, 'http') })
})

afterAll(async () => {
  running.process.kill('SIGTERM')
  await running.ended
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})

/** Calls a tool. The result must match the procedure's output schema, and the text content must be equal. */
async function ask(agent: AgentClient, tool: string, input?: Record<string, unknown>) {
  const { text, structured, isError } = await agent.call(tool, input)
  expect({ tool, isError, text: JSON.parse(text) }).toEqual({ tool, isError: false, text: structured })
  const { wrapper, output } = OUTPUTS.get(tool) ?? {}
  output?.parse(wrapper === undefined ? structured : structured[wrapper])
  return structured
}

/** Calls every tool, in the order of the server's instructions. */
async function workThrough(agent: AgentClient): Promise<void> {
  const key = randomUUID()
  const workspace = { workspace_id: `ws-${key}` }
  const timestamp = '2026-03-02T09:04:11Z'
  expect(await ask(agent, 'health')).toMatchObject({ status: 'ok' })
  await ask(agent, 'handshake', { ...workspace, client_name: 'agent', client_version: '1' })
  const project = { ...workspace, workspace_root: '/home/ada/checkout', create_if_missing: true }
  const { project_id } = await ask(agent, 'projects_resolve', project)
  const opening = { ...workspace, project_id, external_session_key: key, user_id: 'ada', start_time: timestamp }
  const { session_id } = await ask(agent, 'sessions_create', opening)
  const found = await ask(agent, 'sessions_resolve', { ...workspace, external_session_key: key })
  expect(found).toMatchObject({ found: true, session: { session_id } })

  const event = { session_id, event_type: 'error', source_type: 'agent', timestamp }
  const events = Array.from({ length: 6 }, (_, index) => ({ ...event, event_id: `${key}-${index}` }))
  expect(await ask(agent, 'signals_ingest_batch', { events })).toMatchObject({ failed: [] })
  // Nested arguments as text, as some agents send them.
  const again = JSON.stringify([{ ...event, event_id: `${key}-0`, payload: '{"a":1}' }])
  expect(await ask(agent, 'signals_ingest_batch', { events: again })).toEqual({
    results: [{ event_id: `${key}-0`, status: 'duplicate' }],
    failed: [],
  })
  expect(await ask(agent, 'signals_insights', { session_id })).toMatchObject({ insights: [{ session_id }] })
  await ask(agent, 'state_snapshot', { session_id, snapshot_type: 'agent_context', payload: '{"plan":["a"]}' })
  const record = { agent_id: 'a', window_start: timestamp, window_end: timestamp, tasks_completed: 1, tasks_failed: 0 }
  await ask(agent, 'agents_record_performance', { session_id, ...record })
  const candidates = { error_event_id: `${key}-5`, candidate_event_ids: [`${key}-0`] }
  await ask(agent, 'errors_correlate', { session_id, ...candidates })
  const ended = { session_id, status: 'completed', end_time: timestamp }
  expect(await ask(agent, 'sessions_update', ended)).toMatchObject({ status: 'completed' })
}

/** The errors of every tool for missing and wrong arguments; equal for all clients, except for request ids. */
async function refusals(agent: AgentClient, tools: string[]): Promise<unknown[]> {
  const calls = tools
    .filter((tool) => tool !== 'health')
    .flatMap((tool) => [[tool] as const, [tool, { session_id: 5, [tool]: null }] as const])
  return Promise.all(
    [...calls, ['sessions_update', { session_id: 'ses_none', status: 'failed' }] as const].map(
      async ([tool, input]) => {
        const { text, structured, isError } = await agent.call(tool, input)
        expect(isError).toBe(true)
        expect(JSON.parse(text)).toEqual(structured)
        return { tool, ...Problem.parse(structured), request_id: '' }
      },
    ),
  )
}

const places: [string, () => Place][] = [
  ['HTTP', () => ({ url: running.url })],
  [
    'standard input and output',
    () => ({
      commandLine: [...toCommandLine('main.ts'), '--stdio'],
      settings: { PATH: process.env.PATH ?? '', ACHILLES_DATA_DIR: 'data' },
      cwd: folder,
    }),
  ],
]

describe.each(places)('over %s', (_, place) => {
  let said: unknown[] | undefined

  test.each(AGENT_CLIENTS)('the official client (%s) can call every tool', async (name, connect) => {
    const agent = await connect(place())
    try {
      if (agent.revision !== undefined) expect(name).toContain(agent.revision)
      expect(agent.instructions).toContain('sessions_create')
      const tools = (await agent.tools()).map((tool) => tool.name)
      expect(tools).toHaveLength(11)
      await workThrough(agent)
      const refused = await refusals(agent, tools)
      said ??= refused
      expect(refused).toEqual(said)
      expect(refused.at(-1)).toMatchObject({ code: 'NOT_FOUND', upstream: { status: 404 } })
      await expect(agent.call('core_health')).rejects.toMatchObject({
        code: -32602,
        message: expect.stringContaining('core_health'),
      })
    } finally {
      await agent.close()
    }
  })
})
