import { isPlainObject } from '@achilles/mcp-contract'
import { fromJsonSchema } from '@modelcontextprotocol/server'
import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { appRouter } from '../../src/procedures/router.ts'
import { parseNestedJson } from '../../src/surfaces/mcp/parse-nested-json.ts'
import { listTools, TOOL_SETS, type ToolSet } from '../../src/surfaces/mcp/tools.ts'
import { OPERATIONS, validInput } from '../support/operations.ts'

const TOOLS = listTools(appRouter)
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
    'signals_insights | Read a session’s insights | reads | safe to repeat',
    'state_snapshot | Store a snapshot of a session’s state | writes | once',
    'agents_record_performance | Record an agent’s performance | writes | once',
    'errors_correlate | Find likely causes of an error | writes | once',
  ])
})

/** As a model sends it: objects with any keys as text. */
type Schema = Record<string, unknown>

function asArguments(schema: Schema, value: unknown): unknown {
  if (schema.type === 'string' && isPlainObject(value)) return JSON.stringify(value)
  if (Array.isArray(value)) return value.map((item) => asArguments(schema.items as Schema, item))
  if (!isPlainObject(value)) return value
  const properties = schema.properties as Record<string, Schema>
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, asArguments(properties[name] ?? {}, field)]),
  )
}

describe.each(TOOLS.map((tool) => [tool.definition.name, tool] as const))('%s', (_, tool) => {
  const { name, description, inputSchema } = tool.definition
  const row = OPERATIONS.find(({ operation }) => operation === tool.operation)
  const input = row?.input ? validInput(row) : {}

  test('has a schema that stands alone and takes what the procedure takes', async () => {
    expect(name).toMatch(/^[a-z_]{1,64}$/)
    expect(description.length).toBeGreaterThan(100)
    const text = JSON.stringify(tool.definition)
    for (const keyword of [
      '$ref',
      '$defs',
      '$schema',
      '$id',
      '"id":"MCP',
      'additionalProperties":true',
      'propertyNames',
    ])
      expect(text).not.toContain(keyword)
    expect(inputSchema).toMatchObject({ type: 'object', properties: expect.any(Object), additionalProperties: false })
    const takes = fromJsonSchema(inputSchema)['~standard']
    expect(await takes.validate(asArguments(inputSchema, input))).not.toHaveProperty('issues')
    expect(await takes.validate({ unknown_key: 1 })).toHaveProperty('issues')
  })

  test('names every field that the procedure requires', () => {
    const { inputSchema: full } = tool
    expect(inputSchema.required).toEqual(full.required)
    expect(Object.keys(inputSchema.properties as object)).toEqual(Object.keys(full.properties ?? {}))
  })

  test('gives the procedure the value itself, sent as objects, as text, or as one text', () => {
    for (const args of [input, asArguments(inputSchema, input), JSON.stringify(input)]) {
      expect(parseNestedJson(tool.inputSchema, args)).toEqual(input)
    }
  })

  test('has an example that the procedure takes', () => {
    const [example] = (inputSchema.examples as unknown[] | undefined) ?? []
    if (example === undefined) return
    const schema = tool.procedure._def.inputs[0] as z.ZodType
    expect(schema.safeParse(parseNestedJson(tool.inputSchema, example))).toMatchObject({ success: true })
  })
})

test('the definitions take at most 20,000 bytes', () => {
  const bytes = (set: ToolSet) =>
    Buffer.byteLength(JSON.stringify({ tools: listTools(appRouter, set).map(({ definition }) => definition) }))
  const figures = TOOL_SETS.map((set) => `${set} ${bytes(set)}`)
  process.stdout.write(`tools/list, bytes: ${figures.join(', ')}\n`)
  expect(bytes('all')).toBeLessThan(20_000)
})

test('a set has the tools that only read, or those that record', () => {
  const names = (set: ToolSet) => listTools(appRouter, set).map(({ definition }) => definition.name)
  expect(names('read')).toEqual(['health', 'sessions_resolve', 'signals_insights'])
  expect(names('record')).toEqual([
    'handshake',
    'sessions_create',
    'sessions_update',
    'sessions_resolve',
    'projects_resolve',
    'signals_ingest_batch',
    'state_snapshot',
    'agents_record_performance',
  ])
})
