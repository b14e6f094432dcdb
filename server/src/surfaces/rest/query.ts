import type { ProblemIssue } from '@achilles/mcp-contract'
import { z } from 'zod'
import { badRequest } from '../../problem/gateway-error.ts'

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * Reads the input of an operation out of query parameters. A parameter whose field is a number is parsed from its text,
 * here and only here; text that is not a number stays text, for the schema to refuse.
 * @throws GatewayError 400 for a parameter given twice.
 */
export function queryReader(schema: z.ZodObject): (queries: Record<string, string[]>) => Record<string, unknown> {
  const numbers = new Set(Object.keys(schema.shape).filter((name) => isNumber(schema.shape[name])))
  return (queries) => {
    const twice: ProblemIssue[] = []
    const entries = Object.entries(queries).map(([name, [text = '', ...others]]) => {
      if (others.length > 0) twice.push({ path: name, message: 'given more than once' })
      return [name, numbers.has(name) && JSON_NUMBER.test(text) ? Number(text) : text]
    })
    if (twice.length > 0) throw badRequest(twice)
    return Object.fromEntries(entries)
  }
}

function isNumber(schema: z.core.$ZodType): boolean {
  const { type } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return type === 'number' || type === 'integer'
}
