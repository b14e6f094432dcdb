import { isPlainObject, parseJson } from '@achilles/mcp-contract'
import type { z } from 'zod'
import { limitJsonTokens } from '../../http/limit-json-tokens.ts'

type JsonSchema = z.core.JSONSchema.BaseSchema

/**
 * Parses text where the schema wants an object or an array: widely used agents send nested arguments that way. Text that
 * is neither stays as it is, so that validation rejects it. Each text is parsed once.
 * @throws GatewayError 413 if a text has more JSON tokens than a body may have
 */
export function parseNestedJson(schema: JsonSchema, value: unknown): unknown {
  const parsed = typeof value === 'string' ? parseText(schema, value) : value
  if (Array.isArray(parsed)) {
    const { items } = schema
    return isSchema(items) ? parsed.map((item) => parseNestedJson(items, item)) : parsed
  }
  if (!isPlainObject(parsed) || !schema.properties) return parsed
  const entries = Object.entries(schema.properties).flatMap(([name, property]) =>
    isSchema(property) && Object.hasOwn(parsed, name) ? [[name, parseNestedJson(property, parsed[name])]] : [],
  )
  return { ...parsed, ...Object.fromEntries(entries) }
}

const isSchema = (schema: unknown): schema is JsonSchema => isPlainObject(schema)

function parseText({ type }: JsonSchema, text: string): unknown {
  if (type !== 'object' && type !== 'array') return text
  if (!text.trimStart().startsWith(type === 'object' ? '{' : '[')) return text
  try {
    return parseJson(limitJsonTokens(text))
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}
