import type { Json, JsonObject } from '@achilles/mcp-contract'
import { cut } from './read-values.ts'

const MAX_LEVELS = 16

export interface JsonLimits {
  /** Of one text, in UTF-16 code units. */
  text: number
  /** Of all texts and keys together; each further value counts 8. */
  total: number
}

/**
 * Copies the entries that JSON can hold, within limits: longer texts are cut, and what exceeds the depth or the total is left
 * out. Undefined if nothing remains.
 */
export function boundedJson(value: Readonly<Record<string, unknown>>, limits: JsonLimits): JsonObject | undefined {
  const budget = { left: limits.total }
  const copy = copyEntries(value, limits, budget, MAX_LEVELS)
  return Object.keys(copy).length > 0 ? copy : undefined
}

type Budget = { left: number }

function copyEntries(value: object, limits: JsonLimits, budget: Budget, levels: number): JsonObject {
  const copy: JsonObject = {}
  for (const [key, child] of Object.entries(value)) {
    budget.left -= key.length
    if (budget.left <= 0) break
    if (key === '__proto__') continue
    const copied = copyValue(child, limits, budget, levels - 1)
    if (copied !== undefined) copy[key] = copied
  }
  return copy
}

function copyValue(value: unknown, limits: JsonLimits, budget: Budget, levels: number): Json | undefined {
  if (budget.left <= 0) return undefined
  budget.left -= 8
  switch (typeof value) {
    case 'string': {
      const text = cut(value, Math.min(limits.text, Math.max(budget.left, 0)))
      budget.left -= text.length
      return text
    }
    case 'boolean':
    case 'bigint':
      return value
    case 'number':
      return Number.isFinite(value) ? value : undefined
    case 'object':
      break
    default:
      return undefined
  }
  if (value === null) return null
  if (levels <= 0) return undefined
  if (!Array.isArray(value)) return copyEntries(value, limits, budget, levels)
  const list: Json[] = []
  for (const child of value) {
    if (budget.left <= 0) break
    const copied = copyValue(child, limits, budget, levels - 1)
    if (copied !== undefined) list.push(copied)
  }
  return list
}
