import { parseBounded } from '@achilles/mcp-contract'
import { z } from 'zod'

interface BoundedOptions {
  /**
   * Validates with code that zod generates from the schema: several times as fast for large values. Rejected values are
   * validated again by the schema itself, which produces the messages.
   * @default false
   */
  compile?: boolean
}

/**
 * Changes the schema's `parse` to report a bounded number of issues. Returns the same object, since the OpenAPI document
 * refers to schemas by identity.
 */
export const boundedInput = <Schema extends z.ZodType>(schema: Schema, options?: BoundedOptions): Schema =>
  withBoundedParse(schema, false, options)

/** The same for responses, whose size has no limit in the contract: validation stops at the first issue. */
export const boundedOutput = <Schema extends z.ZodType>(schema: Schema, options?: BoundedOptions): Schema =>
  withBoundedParse(schema, true, options)

function withBoundedParse<Schema extends z.ZodType>(
  schema: Schema,
  stopAtFirst: boolean,
  { compile = false }: BoundedOptions = {},
): Schema {
  const parser = compile ? z.compile(schema) : schema
  return Object.assign(schema, { parse: (value: unknown) => parseBounded(parser, value, { stopAtFirst }) })
}
