import * as contract from '@achilles/mcp-contract'
import { z } from 'zod'
import type { SchemaObject, Schemas } from './openapi-types.ts'

/** Every schema of the contract that has a name. */
export const CONTRACT_SCHEMAS: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  Object.values(contract).flatMap((value) => {
    const id = value instanceof z.ZodType ? value.meta()?.id : undefined
    return id === undefined ? [] : [[id, value as z.ZodType]]
  }),
)

const LISTS = new Map(
  Object.entries(CONTRACT_SCHEMAS).flatMap(([id, schema]) =>
    schema instanceof z.ZodEnum ? [[JSON.stringify(schema.options), id] as const] : [],
  ),
)

/** The components as readers and generators want them: nothing left out that the contract says, nothing said twice. */
export function readableSchemas(schemas: Schemas): Schemas {
  return Object.fromEntries(
    Object.entries(schemas).flatMap(([id, schema]) => {
      const source = CONTRACT_SCHEMAS[id]
      return source ? [[id, withExamplesAndDefaults(readable(schema) as SchemaObject, source)]] : []
    }),
  )
}

/** zod leaves both out of a request whose fields it preprocesses. */
function withExamplesAndDefaults(schema: SchemaObject, source: z.ZodType): SchemaObject {
  const properties = source instanceof z.ZodObject ? source.shape : {}
  for (const [name, field] of Object.entries(properties)) {
    const property = schema.properties?.[name]
    if (property && field instanceof z.ZodDefault) Object.assign(property, { default: field.def.defaultValue })
  }
  const examples = source.meta()?.examples?.map((example) => withoutPathFields(example, schema))
  return { ...schema, ...(examples && { examples }) }
}

const withoutPathFields = (example: unknown, { properties, additionalProperties }: SchemaObject): unknown =>
  additionalProperties === false
    ? Object.fromEntries(Object.entries(example as object).filter(([name]) => Object.hasOwn(properties ?? {}, name)))
    : example

/**
 * The same, any part of a document, in plain words: open enums name their component; a date's format says what zod's
 * pattern says again in 300 characters; and that names are strings goes without saying.
 */
export function readable(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(readable)
  if (typeof part !== 'object' || part === null) return part
  const { 'x-extensible-enum': listed, propertyNames: _, pattern, ...rest } = part as Record<string, unknown>
  const isDate = rest.format === 'date-time'
  const plain = Object.entries({ ...rest, ...(pattern !== undefined && !isDate && { pattern }) })
  const schema = Object.fromEntries(plain.map(([key, value]) => [key, key === 'examples' ? value : readable(value)]))
  return listed === undefined ? schema : openEnum(schema, listed)
}

/** An enum of an answer: its values have a component, and any other string may come. */
function openEnum({ type, ...schema }: Record<string, unknown>, listed: unknown): unknown {
  const id = LISTS.get(JSON.stringify(listed))
  return { ...schema, anyOf: [{ $ref: `#/components/schemas/${id}` }, { type }] }
}
