import { Problem } from '@achilles/mcp-contract'
import { z } from 'zod'

/** A JSON Schema (2020-12) of an object, without references: not every client can follow them. */
export interface ToolSchema {
  type: 'object'
  [keyword: string]: unknown
}

/** The schema of a tool's arguments: that of the procedure's input, with its example. */
export function argumentsSchema(input: z.ZodType | undefined): ToolSchema {
  if (!input) return { type: 'object', additionalProperties: false }
  const { examples } = z.globalRegistry.get(input) ?? {}
  return objectSchema(input, { io: 'input', example: examples?.[0] })
}

/**
 * The schema of all that a tool answers in its structured content: what the procedure answers, or a problem. Both,
 * since clients hold errors to it as well.
 */
export function answerSchema(output: z.ZodType): ToolSchema {
  return { type: 'object', anyOf: [objectSchema(output, { io: 'output' }), objectSchema(Problem, { io: 'output' })] }
}

function objectSchema(schema: z.ZodType, { io, example }: { io: 'input' | 'output'; example?: unknown }): ToolSchema {
  const override = io === 'input' ? sayTimesBriefly : takeAnyTime
  // `$schema` is left out: some clients know other dialects alone, and 2020-12 is what the protocol takes without it.
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, override, unrepresentable: 'any', metadata: nameless })
  if (json.type !== 'object') throw new Error(`a tool takes and answers objects, not ${json.type}`)
  return { ...json, type: 'object', ...(example !== undefined && { examples: [example] }) }
}

/** The contract's descriptions without names, so that every schema stands where it is used. */
class NamelessRegistry extends z.core.$ZodRegistry<z.core.JSONSchemaMeta> {
  override get(schema: z.core.$ZodType) {
    const { id: _id, examples: _examples, ...meta } = z.globalRegistry.get(schema) ?? {}
    return meta
  }
}
const nameless = new NamelessRegistry()

type Override = (context: { jsonSchema: z.core.JSONSchema.BaseSchema }) => void

/** The format alone: its pattern says the same in 300 letters, and agents pay for each. */
const sayTimesBriefly: Override = ({ jsonSchema }) => {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
}

/** The gateway proves an answer's times to be text, no more; a client must not refuse what the gateway lets through. */
const takeAnyTime: Override = ({ jsonSchema }) => {
  delete jsonSchema.format
}
