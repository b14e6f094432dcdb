import { isPlainObject } from '@achilles/mcp-contract'

/** A JSON-RPC message or batch in which `params` of null, as some libraries write none, are left out. */
export function omitNullParams(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNullParams)
  return withoutNullParams(value)
}

function withoutNullParams(message: unknown): unknown {
  if (!isPlainObject(message) || message.params !== null) return message
  const { params: _, ...rest } = message
  return rest
}
