import * as contract from '@achilles/mcp-contract'
import { z } from 'zod'

const JSON_TYPES = `import type { Json, JsonObject } from './shared/src/json.ts'
export type { Json, JsonObject }
`

/** Where a type is used. */
interface Scope {
  names: ReadonlyMap<z.core.$ZodType, string>
  isResponse: boolean
}

/** Declares a type for each schema of the contract, with its descriptions, without importing zod or the contract. */
export function toContractTypes(): string {
  const exported: [string, unknown][] = Object.entries(contract)
  const schemas = exported.filter((named): named is [string, z.ZodType] => named[1] instanceof z.ZodType)
  const names = new Map<z.core.$ZodType, string>(schemas.map(([name, schema]) => [schema, name]))
  return JSON_TYPES + schemas.map(([name, schema]) => toDeclaration(name, schema, names)).join('')
}

function toDeclaration(name: string, schema: z.ZodType, names: Scope['names']): string {
  const others = new Map([...names].filter(([other]) => other !== schema))
  const isObject = schema instanceof z.ZodObject
  const type = toType(schema, { names: others, isResponse: isObject && isLoose(schema) })
  return `/** ${schema.description} */\nexport ${isObject ? `interface ${name}` : `type ${name} =`} ${type}\n`
}

/** The input type of a schema; for responses it equals the output type. */
function toType(schema: z.core.$ZodType, scope: Scope): string {
  const name = scope.names.get(schema)
  if (name !== undefined) return name
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return toType(schema.def.innerType, scope)
  if (schema instanceof z.ZodNullable) return `${toType(schema.def.innerType, scope)} | null`
  if (schema instanceof z.ZodArray) return `Array<${toType(schema.def.element, scope)}>`
  if (schema instanceof z.ZodRecord) return `Record<string, ${toType(schema.def.valueType, scope)}>`
  if (schema instanceof z.ZodEnum) return toLiterals(schema.options)
  if (schema instanceof z.ZodPipe) return toPreprocessedType(schema.def.out, scope)
  if (schema instanceof z.ZodObject) return toObjectType(schema, scope)
  if (schema instanceof z.ZodBoolean) return 'boolean'
  if (schema instanceof z.ZodNumber) return 'number'
  if (schema instanceof z.ZodString) return toOpenEnumType(schema, scope) ?? 'string'
  if (schema instanceof z.ZodUnknown && schema.meta()?.type === 'object')
    return scope.isResponse ? 'JsonObject' : 'object'
  throw new Error(`no type is known for a schema of kind ${schema._zod.def.type}`)
}

/** Of all preprocessing, only that of times widens the input type: it accepts a `Date`. */
const toPreprocessedType = (out: z.core.$ZodType, scope: Scope) =>
  z.globalRegistry.get(out)?.format === 'date-time' ? 'string | Date' : toType(out, scope)

/** Core may add values, so any string is valid; editors still suggest the listed values. */
function toOpenEnumType(schema: z.ZodString, scope: Scope): string | undefined {
  const values = schema.meta()?.['x-extensible-enum']
  if (!Array.isArray(values)) return undefined
  for (const [other, name] of scope.names) {
    if (other instanceof z.ZodEnum && String(other.options) === String(values)) return `${name} | (string & {})`
  }
  return `${toLiterals(values)} | (string & {})`
}

const toLiterals = (values: readonly unknown[]) => values.map((value) => `'${value}'`).join(' | ')

/** Responses may hold more keys than the contract lists. */
const isLoose = (schema: z.ZodObject) => schema.def.catchall instanceof z.ZodUnknown

function toObjectType(schema: z.ZodObject, scope: Scope): string {
  const fields = Object.entries(schema.shape).map(([key, field]) => toField(key, field, scope))
  const lines = `${fields.join('')}${isLoose(schema) ? '[key: string]: unknown\n' : ''}`
  return `{\n${lines.replace(/^(?=.)/gm, '  ')}}`
}

function toField(key: string, field: z.core.$ZodType, scope: Scope): string {
  const description = z.globalRegistry.get(field)?.description
  const byDefault = field instanceof z.ZodDefault ? `@defaultValue ${field.def.defaultValue}` : undefined
  const said = [description, byDefault].filter((line) => line !== undefined && !scope.names.has(field)).join(' ')
  const isOptional = field instanceof z.ZodOptional || field instanceof z.ZodDefault
  const type = toType(field, scope) + (isOptional ? ' | undefined' : '')
  return `${said && `/** ${said} */\n`}${key}${isOptional ? '?' : ''}: ${type}\n`
}
