import { z } from 'zod'

type Names = ReadonlyMap<z.core.$ZodType, string>

/**
 * The TypeScript type that a schema of the contract takes, as text; of an answer, where both are the same, that it gives.
 * @throws Error for a kind of schema that the contract has not had so far.
 */
export function typeOf(schema: z.core.$ZodType, names: Names): string {
  const name = names.get(schema)
  if (name !== undefined) return name
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return typeOf(schema.def.innerType, names)
  if (schema instanceof z.ZodNullable) return `${typeOf(schema.def.innerType, names)} | null`
  if (schema instanceof z.ZodArray) return `Array<${typeOf(schema.def.element, names)}>`
  if (schema instanceof z.ZodRecord) return `Record<string, ${typeOf(schema.def.valueType, names)}>`
  if (schema instanceof z.ZodEnum) return literals(schema.options)
  if (schema instanceof z.ZodPipe) return preprocessed(schema.def.out, names)
  if (schema instanceof z.ZodObject) return objectType(schema, names)
  if (schema instanceof z.ZodBoolean) return 'boolean'
  if (schema instanceof z.ZodNumber) return 'number'
  if (schema instanceof z.ZodString) return openEnumType(schema, names) ?? 'string'
  if (schema instanceof z.ZodUnknown && schema.meta()?.type === 'object') return 'JsonObject'
  throw new Error(`no type is known for a schema of kind ${schema._zod.def.type}`)
}

/** What comes before a point in time is a `Date` that becomes one; other steps change no type. */
const preprocessed = (out: z.core.$ZodType, names: Names) =>
  z.globalRegistry.get(out)?.format === 'date-time' ? 'string | Date' : typeOf(out, names)

/** An enum of Core's, which may grow: the listed values show up in an editor, and any string passes. */
function openEnumType(schema: z.ZodString, names: Names): string | undefined {
  const values = schema.meta()?.['x-extensible-enum']
  if (!Array.isArray(values)) return undefined
  for (const [other, name] of names) {
    if (other instanceof z.ZodEnum && String(other.options) === String(values)) return `${name} | (string & {})`
  }
  return `${literals(values)} | (string & {})`
}

const literals = (values: readonly unknown[]) => values.map((value) => `'${value}'`).join(' | ')

function objectType(schema: z.ZodObject, names: Names): string {
  const fields = Object.entries(schema.shape).map(([key, field]) => fieldOf(key, field, names))
  const isLoose = schema.def.catchall instanceof z.ZodUnknown
  const lines = `${fields.join('')}${isLoose ? '[key: string]: unknown\n' : ''}`
  return `{\n${lines.replace(/^(?=.)/gm, '  ')}}`
}

function fieldOf(key: string, field: z.core.$ZodType, names: Names): string {
  const description = z.globalRegistry.get(field)?.description
  const byDefault = field instanceof z.ZodDefault ? `@defaultValue ${field.def.defaultValue}` : undefined
  const said = [description, byDefault].filter((line) => line !== undefined && !names.has(field)).join(' ')
  const isOptional = field instanceof z.ZodOptional || field instanceof z.ZodDefault
  const type = typeOf(field, names) + (isOptional ? ' | undefined' : '')
  return `${said && `/** ${said} */\n`}${key}${isOptional ? '?' : ''}: ${type}\n`
}
