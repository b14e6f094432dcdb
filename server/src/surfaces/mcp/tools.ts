import { Problem } from '@achilles/mcp-contract'
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
}

interface ToolDefinition {
  name: string
  title: string
  description: string
  inputSchema: ToolSchema
  outputSchema: ToolSchema
  annotations: { readOnlyHint: boolean; destructiveHint: false; idempotentHint: boolean; openWorldHint: false }
}

/** @see https://modelcontextprotocol.io/specification/2025-11-25/server/tools */
export function listTools(router: AnyTRPCRouter): Tool[] {
  return listProcedures(router).flatMap(({ operation, procedure, meta: { openapi, tool } }) => {
    if (!tool) return []
    const { inputs, output, type } = procedure._def as typeof procedure._def & { output: z.ZodType }
    const wrapper = output instanceof z.ZodArray ? operation.split('.').at(-1) : undefined
    const readOnly = type === 'query'
    return {
      operation,
      procedure,
      wrapper,
      definition: {
        name: toToolName(operation),
        title: openapi?.summary ?? operation,
        description: tool.description,
        inputSchema: argumentsSchema(inputs[0] as z.ZodType | undefined),
        outputSchema: responseSchema(wrapper === undefined ? output : z.object({ [wrapper]: output })),
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

/** JSON Schema (2020-12) without references: some clients cannot resolve them. */
interface ToolSchema {
  type: 'object'
  [keyword: string]: unknown
}

function argumentsSchema(input: z.ZodType | undefined): ToolSchema {
  if (!input) return { type: 'object', additionalProperties: false }
  const { examples } = z.globalRegistry.get(input) ?? {}
  return objectSchema(input, { io: 'input', example: examples?.[0] })
}

/** Also admits a problem, since clients validate errors against it as well. */
function responseSchema(output: z.ZodType): ToolSchema {
  return { type: 'object', anyOf: [objectSchema(output, { io: 'output' }), objectSchema(Problem, { io: 'output' })] }
}

function objectSchema(schema: z.ZodType, { io, example }: { io: 'input' | 'output'; example?: unknown }): ToolSchema {
  const override = io === 'input' ? omitTimePattern : omitFormat
  // Without `$schema`: some clients reject unknown dialects, and MCP defaults to 2020-12.
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    override,
    unrepresentable: 'any',
    metadata: inlineRegistry,
  })
  if (json.type !== 'object') throw new Error(`a tool's input and output must be objects, not ${json.type}`)
  return { ...json, type: 'object', ...(example !== undefined && { examples: [example] }) }
}

/** Metadata without ids, so that every schema is inlined. */
class InlineRegistry extends z.core.$ZodRegistry<z.core.JSONSchemaMeta> {
  override get(schema: z.core.$ZodType) {
    const { id: _id, examples: _examples, ...meta } = z.globalRegistry.get(schema) ?? {}
    return meta
  }
}
const inlineRegistry = new InlineRegistry()

type Override = (context: { jsonSchema: z.core.JSONSchema.BaseSchema }) => void

/** The equivalent pattern costs agents 300 characters of context. */
const omitTimePattern: Override = ({ jsonSchema }) => {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
}

/** The gateway checks only that response times are strings; a client must accept what the gateway passes on. */
const omitFormat: Override = ({ jsonSchema }) => {
  delete jsonSchema.format
}
