import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import { z } from 'zod'
import { proceduresOf } from '../../procedures/procedures-of.ts'
import { answerSchema, argumentsSchema, type ToolSchema } from './tool-schema.ts'

/** One tool, read out of a procedure. */
export interface Tool {
  /** The procedure's path, e.g. `signals.ingestBatch`. */
  operation: string
  procedure: AnyTRPCProcedure
  /** The key under which an array stands in the answer, since structured content is always an object. */
  wrapper: string | undefined
  /** What `tools/list` tells of it. */
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

/**
 * Every tool of a router, in the order of its procedures.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/server/tools
 */
export function toolsOf(router: AnyTRPCRouter): Tool[] {
  return proceduresOf(router).flatMap(({ operation, procedure, meta: { openapi, tool } }) => {
    if (!tool) return []
    const { inputs, output, type } = procedure._def as typeof procedure._def & { output: z.ZodType }
    const wrapper = output instanceof z.ZodArray ? operation.split('.').at(-1) : undefined
    const readOnly = type === 'query'
    return {
      operation,
      procedure,
      wrapper,
      definition: {
        name: nameOf(operation),
        title: openapi?.summary ?? operation,
        description: tool.description,
        inputSchema: argumentsSchema(inputs[0] as z.ZodType | undefined),
        outputSchema: answerSchema(wrapper === undefined ? output : z.object({ [wrapper]: output })),
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

/** `signals.ingestBatch` is `signals_ingest_batch`. */
const nameOf = (operation: string) =>
  operation.replaceAll('.', '_').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
