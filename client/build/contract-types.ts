import * as contract from '@achilles/mcp-contract'
import { z } from 'zod'
import { typeOf } from './type-of.ts'

const JSON_TYPES = `import type { Json, JsonObject } from './shared/src/json.ts'
export type { Json, JsonObject }
`

/**
 * The types of the contract as declarations that need neither zod nor the contract: an interface or a union for each
 * schema, under its name, with what its fields say of themselves.
 */
export function contractTypes(): string {
  const exported: [string, unknown][] = Object.entries(contract)
  const schemas = exported.filter((named): named is [string, z.ZodType] => named[1] instanceof z.ZodType)
  const names = new Map<z.core.$ZodType, string>(schemas.map(([name, schema]) => [schema, name]))
  return JSON_TYPES + schemas.map(([name, schema]) => declarationOf(name, schema, names)).join('')
}

function declarationOf(name: string, schema: z.ZodType, names: ReadonlyMap<z.core.$ZodType, string>): string {
  const others = new Map([...names].filter(([other]) => other !== schema))
  const type = typeOf(schema, others)
  const isObject = schema instanceof z.ZodObject
  return `/** ${schema.description} */\nexport ${isObject ? `interface ${name}` : `type ${name} =`} ${type}\n`
}
