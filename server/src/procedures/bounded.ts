import { parseBounded } from '@achilles/mcp-contract'
import { z } from 'zod'

interface BoundedOptions {
  /**
   * Asks code that zod generates from the schema first: several times as fast for large values. Whatever that code rejects
   * is judged again by the schema itself, in its own words.
   * @default false
   */
  compile?: boolean
}

/**
 * The same schema, whose `parse` puts a bounded number of faults into words. It stays the very one that the OpenAPI
 * document names.
 */
export const boundedInput = <Schema extends z.ZodType>(schema: Schema, options?: BoundedOptions): Schema =>
  withBoundedParse(schema, false, options)

/** The same for responses, which have no bounds of their own: nothing past the first fault is looked at. */
export const boundedOutput = <Schema extends z.ZodType>(schema: Schema, options?: BoundedOptions): Schema =>
  withBoundedParse(schema, true, options)

function withBoundedParse<Schema extends z.ZodType>(
  schema: Schema,
  stopAtFirst: boolean,
  { compile = false }: BoundedOptions = {},
): Schema {
  const judge = compile ? z.compile(schema) : schema
  return Object.assign(schema, { parse: (value: unknown) => parseBounded(judge, value, { stopAtFirst }) })
}
