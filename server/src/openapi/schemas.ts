import * as contract from '@achilles/mcp-contract'
import type { OpenAPIObject } from 'trpc-to-openapi'
import { z } from 'zod'

export const CONTRACT_SCHEMAS: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  Object.values(contract).flatMap((value) => {
    const id = value instanceof z.ZodType ? value.meta()?.id : undefined
    return id === undefined ? [] : [[id, value as z.ZodType]]
  }),
)

const ENUM_IDS = new Map(
  Object.entries(CONTRACT_SCHEMAS).flatMap(([id, schema]) =>
    schema instanceof z.ZodEnum ? [[JSON.stringify(schema.options), id] as const] : [],
  ),
)

/** Prism's mock would send a schema's example in place of the response's own. */
const WITHOUT_EXAMPLES = new Set(['Problem'])

/** Also adds examples and defaults, which the generator omits. */
export function simplifySchemas(schemas: Schemas): Schemas {
  return Object.fromEntries(
    Object.entries(schemas).flatMap(([id, schema]) => {
      const source = CONTRACT_SCHEMAS[id]
      if (!source) return []
      const { examples, ...simplified } = withExamplesAndDefaults(simplify(schema) as SchemaObject, source)
      return [[id, WITHOUT_EXAMPLES.has(id) || !examples ? simplified : { ...simplified, examples }]]
    }),
  )
}

/**
 * Moves each property with a default into a component, e.g. `MCPInsightsQueryLimit`. By default openapi-typescript makes
 * a property required if its schema has a `default`, although requests may omit it; a reference has none.
 */
export function separateDefaults(schemas: Schemas): Schemas {
  const separated: Schemas = {}
  for (const [id, schema] of Object.entries(schemas)) {
    const { properties = {}, examples } = schema as SchemaObject
    separated[id] = schema
    for (const [name, property] of Object.entries(properties)) {
      if (!('default' in property)) continue
      const componentId = id + name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())
      const [example] = (examples ?? []) as Record<string, unknown>[]
      separated[componentId] = { ...property, examples: [example?.[name] ?? property.default] }
      const reference = { $ref: `#/components/schemas/${componentId}` }
      separated[id] = { ...schema, properties: { ...properties, [name]: reference } }
    }
  }
  return separated
}

/** zod omits both for schemas with preprocessed fields. */
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
 * Refers to components for open enums. Removes `propertyNames`, and the pattern of a date: 300 characters beside an
 * equivalent format.
 */
export function simplify(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(simplify)
  if (typeof part !== 'object' || part === null) return part
  const { 'x-extensible-enum': listed, propertyNames: _, pattern, ...rest } = part as Record<string, unknown>
  const isDate = rest.format === 'date-time'
  const plain = Object.entries({ ...rest, ...(pattern !== undefined && !isDate && { pattern }) })
  const schema = Object.fromEntries(plain.map(([key, value]) => [key, key === 'examples' ? value : simplify(value)]))
  return listed === undefined ? schema : openEnum(schema, listed)
}

/** Admits the listed values, as a component, and any other string. */
function openEnum({ type, ...schema }: Record<string, unknown>, listed: unknown): unknown {
  const id = ENUM_IDS.get(JSON.stringify(listed))
  return { ...schema, anyOf: [{ $ref: `#/components/schemas/${id}` }, { type }] }
}

export type Paths = NonNullable<OpenAPIObject['paths']>
type Components = NonNullable<OpenAPIObject['components']>
export type Schemas = NonNullable<Components['schemas']>
export type SchemaObject = Exclude<Schemas[string], { $ref: string }>
export type Operation = NonNullable<Paths[string]['get']>
export type Responses = NonNullable<Components['responses']>
export type Headers = NonNullable<Components['headers']>
export type Parameters = NonNullable<Components['parameters']>
