import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import { z } from 'zod'
import { listProcedures } from '../../procedures/list-procedures.ts'

export interface Tool {
  /** E.g. `signals.ingestBatch`. */
  operation: string
  procedure: AnyTRPCProcedure
  /** Wraps an array output, since structured content must be an object. */
  wrapper: string | undefined
  definition: ToolDefinition
  /** What the procedure takes, in full. */
  inputSchema: JsonSchema
}

interface ToolDefinition {
  name: string
  title: string
  description: string
  inputSchema: ToolSchema
  annotations: { readOnlyHint: boolean; destructiveHint: false; idempotentHint: boolean; openWorldHint: false }
}

export const TOOL_SETS = ['all', 'read', 'record'] as const
/** `read` writes nothing; `record` has what an agent needs to record its work. */
export type ToolSet = (typeof TOOL_SETS)[number]

/**
 * Without output schemas, which the protocol does not require: some clients send every tool's definition to the model
 * with each request.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/server/tools
 */
export function listTools(router: AnyTRPCRouter, set: ToolSet = 'all'): Tool[] {
  return listProcedures(router).flatMap(({ operation, procedure, meta: { openapi, tool } }) => {
    if (!tool) return []
    const { inputs, output, type } = procedure._def as typeof procedure._def & { output: z.ZodType }
    const input = inputs[0] as z.ZodType | undefined
    const readOnly = type === 'query'
    if ((set === 'read' && !readOnly) || (set === 'record' && !tool.records)) return []
    return {
      operation,
      procedure,
      wrapper: output instanceof z.ZodArray ? operation.split('.').at(-1) : undefined,
      inputSchema: toInputSchema(input),
      definition: {
        name: toToolName(operation),
        title: openapi?.summary ?? operation,
        description: tool.description,
        inputSchema: {
          ...toLean(toInputSchema(input)),
          type: 'object',
          ...(tool.example && { examples: [tool.example] }),
        },
        annotations: {
          readOnlyHint: readOnly,
          destructiveHint: false,
          idempotentHint: readOnly || tool.repeatable === true,
          openWorldHint: false,
        },
      },
    }
  })
}

/** E.g. `signals_ingest_batch` for `signals.ingestBatch`. */
const toToolName = (operation: string) =>
  operation.replaceAll('.', '_').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

type JsonSchema = z.core.JSONSchema.BaseSchema

/** JSON Schema (2020-12) without references: some clients cannot resolve them. */
interface ToolSchema {
  type: 'object'
  [keyword: string]: unknown
}

function toInputSchema(input: z.ZodType | undefined): JsonSchema {
  if (!input) return { type: 'object', properties: {}, additionalProperties: false }
  // Without `$schema`: some clients reject unknown dialects, and MCP defaults to 2020-12.
  const { $schema: _, ...schema } = z.toJSONSchema(input, {
    io: 'input',
    unrepresentable: 'any',
    metadata: inlineRegistry,
  })
  return schema
}

/** Metadata without ids, so that every schema is inlined. */
class InlineRegistry extends z.core.$ZodRegistry<z.core.JSONSchemaMeta> {
  override get(schema: z.core.$ZodType) {
    const { id: _id, examples: _examples, ...meta } = z.globalRegistry.get(schema) ?? {}
    return meta
  }
}
const inlineRegistry = new InlineRegistry()

/**
 * What a model needs: names, types and descriptions. The procedure checks the rest. Objects with any keys become text, since
 * OpenAI's strict mode and Gemini's declarations admit only objects whose keys are listed; `parseNestedJson` reads it.
 */
function toLean({ pattern: _, ...schema }: JsonSchema): JsonSchema {
  const { type, properties, items, description } = schema
  if (type === 'array') return { ...schema, items: toLean(items as JsonSchema) }
  if (type !== 'object') return schema
  if (!properties) return { type: 'string', description: [description, 'A JSON object, as text.'].join(' ').trim() }
  const lean = Object.entries(properties).map(([name, property]) => [name, toLean(property as JsonSchema)])
  // The tool has a description of its own.
  const { description: __, ...object } = schema
  return { ...object, properties: Object.fromEntries(lean) }
}
