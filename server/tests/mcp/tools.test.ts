import { fromJsonSchema } from '@modelcontextprotocol/server'
import { expect, test } from 'vitest'
import { appRouter } from '../../src/procedures/router.ts'
import { listTools } from '../../src/surfaces/mcp/tools.ts'
import { OPERATIONS, validInput } from '../support/operations.ts'

const TOOLS = listTools(appRouter)
const PROBLEM = {
  type: '/problems/not-found',
  title: 'Not found',
  status: 404,
  detail: 'x',
  code: 'NOT_FOUND',
  request_id: 'r',
  retryable: false,
}

test('the tools and their order', () => {
  const line = ({ definition: { name, title, annotations } }: (typeof TOOLS)[number]) => {
    const { readOnlyHint, idempotentHint, destructiveHint, openWorldHint } = annotations
    expect({ destructiveHint, openWorldHint }).toEqual({ destructiveHint: false, openWorldHint: false })
    return [name, title, readOnlyHint ? 'reads' : 'writes', idempotentHint ? 'safe to repeat' : 'once'].join(' | ')
  }
  expect(TOOLS.map(line)).toEqual([
    'health | The gateway’s own health | reads | safe to repeat',
    'handshake | Negotiate | writes | once',
    'sessions_create | Open a session | writes | safe to repeat',
    'sessions_update | Set the state of a session | writes | safe to repeat',
    'sessions_resolve | Find a session by the client’s own key | reads | safe to repeat',
    'projects_resolve | Find the project of a workspace | writes | safe to repeat',
    'signals_ingest_batch | Send a batch of events | writes | safe to repeat',
    'signals_ingest | Send one event | writes | safe to repeat',
    'signals_insights | Read a session’s insights | reads | safe to repeat',
    'state_snapshot | Store a snapshot of a session’s state | writes | once',
    'agents_record_performance | Record an agent’s performance | writes | once',
    'errors_correlate | Find likely causes of an error | writes | once',
  ])
})

test.each(TOOLS.map((tool) => [tool.definition.name, tool] as const))(
  '%s: its schemas stand alone, and take what its procedure takes and answers',
  async (_, { operation, wrapper, definition }) => {
    const { name, description, inputSchema, outputSchema } = definition
    expect(name).toMatch(/^[a-z_]{1,64}$/)
    expect(description.length).toBeGreaterThan(100)
    const text = JSON.stringify(definition)
    for (const keyword of ['$ref', '$defs', '$schema', '$id', '"id":"MCP']) expect(text).not.toContain(keyword)
    expect([inputSchema.type, outputSchema.type]).toEqual(['object', 'object'])

    const row = OPERATIONS.find((operationOf) => operationOf.operation === operation)
    const takes = fromJsonSchema(inputSchema)['~standard']
    const answers = fromJsonSchema(outputSchema)['~standard']
    expect(await takes.validate(row?.input ? validInput(row) : {})).not.toHaveProperty('issues')
    expect(await takes.validate({ unknown_key: 1 })).toHaveProperty('issues')
    const answer = row?.answer ?? {
      status: 'ok',
      uptime_seconds: 1,
      accepting_signals: true,
      last_ingest_error_at: null,
    }
    expect(await answers.validate(wrapper === undefined ? answer : { [wrapper]: answer })).not.toHaveProperty('issues')
    expect(await answers.validate(PROBLEM)).not.toHaveProperty('issues')
    expect(await answers.validate({ nonsense: true })).toHaveProperty('issues')
  },
)
