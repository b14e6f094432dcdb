import {
  exactNumber,
  isPlainJson,
  isPlainObject,
  MAX_JSON_DEPTH,
  shortened,
  stringifyJson,
} from '@achilles/mcp-contract'
import type { TRPCCombinedDataTransformer } from '@trpc/server'
import superjson from 'superjson'

/**
 * superjson, restricted to the types of the contract: `Date`, `bigint`, `undefined` and numbers that JSON cannot hold.
 * Any other type, and a cycle, becomes a placeholder that every schema rejects. Nothing throws, so that an invalid
 * input does not affect the other calls of a batch.
 */
export const transformer: TRPCCombinedDataTransformer = {
  input: { serialize: superjson.serialize, deserialize: revive },
  output: { serialize: encode, deserialize: superjson.deserialize },
}

/** Skips superjson's traversal for plain JSON. */
function encode(value: unknown) {
  if (isPlainJson(value)) return { json: value }
  try {
    return superjson.serialize(value)
  } catch {
    // superjson rejects keys such as `constructor`, in both directions. Without annotations, long numbers are rounded.
    return { json: JSON.parse(stringifyJson(value)) }
  }
}

type Slot = { holder: Record<string, unknown>; key: string }

function revive(wire: unknown): unknown {
  if (!isPlainObject(wire) || !Object.hasOwn(wire, 'json')) return placeholder('value that is not superjson')
  const { json, meta } = wire
  if (meta === undefined) return json
  if (!isPlainObject(meta)) return placeholder('value with invalid superjson meta')
  const root: Slot = { holder: { value: json }, key: 'value' }
  applyAnnotations(root, meta.values, MAX_JSON_DEPTH)
  for (const path of findCycles(meta.referentialEqualities)) {
    if (path.length > MAX_PATH_LENGTH) return placeholder('value with a path this long')
    put(findSlot(root, path), () => placeholder('cycle'))
  }
  return root.holder.value
}

/** A type tree is `[type]`, `[type, children]` or `children`, keyed by relative paths. */
function applyAnnotations(slot: Slot, tree: unknown, depthLeft: number): void {
  if (depthLeft === 0) {
    put(slot, () => placeholder('value this deep'))
    return
  }
  const [type, children] = Array.isArray(tree) ? tree : [undefined, tree]
  if (isPlainObject(children)) {
    for (const [path, subtree] of Object.entries(children)) {
      if (path.length > MAX_PATH_LENGTH) {
        put(slot, () => placeholder('value with a path this long'))
        return
      }
      const child = findSlot(slot, path)
      if (child) applyAnnotations(child, subtree, depthLeft - 1)
    }
  }
  if (type !== undefined) put(slot, (value) => reviveLeaf(type, value))
}

function reviveLeaf(type: unknown, value: unknown): unknown {
  if (type === 'undefined') return undefined
  if (type === 'Date' && typeof value === 'string') return new Date(value)
  if (type === 'bigint' && typeof value === 'string' && /^-?\d+$/.test(value)) return exactNumber(value)
  if (type === 'number' && NAMED_NUMBERS.includes(value)) return Number(value)
  const [, name] = Array.isArray(type) ? type : [undefined, type]
  return placeholder(typeof name === 'string' ? (CLASS_NAMES.get(name) ?? name) : 'value of no known type')
}

const NAMED_NUMBERS: unknown[] = ['NaN', 'Infinity', '-Infinity', '-0']
const CLASS_NAMES = new Map([
  ['regexp', 'RegExp'],
  ['map', 'Map'],
  ['set', 'Set'],
])

/** Finds where a value contains itself. Other equalities are ignored: superjson repeats the value at each path. */
function findCycles(equalities: unknown): string[] {
  const [root, others] = Array.isArray(equalities) ? equalities : [[], equalities]
  const cycles = Array.isArray(root) ? root.filter((path) => typeof path === 'string') : []
  if (isPlainObject(others)) {
    for (const [first, repeats] of Object.entries(others)) {
      if (!Array.isArray(repeats)) continue
      const below = `${first}.`
      for (const path of repeats) if (typeof path === 'string' && path.startsWith(below)) cycles.push(path)
    }
  }
  return cycles
}

/** Every schema rejects it, with a message that contains `name`. */
const placeholder = (name: string): object => Object.create({ constructor: { name: shortened(name, 128) } })

function put(slot: Slot | undefined, change: (value: unknown) => unknown): void {
  if (slot) slot.holder[slot.key] = change(slot.holder[slot.key])
}

/** In characters. Valid input nests at most 64 levels, so its paths are shorter. */
const MAX_PATH_LENGTH = 16_384

/** In a superjson path, a backslash escapes dots and backslashes of a key. */
function splitPath(path: string): string[] {
  if (!path.includes('\\')) return path.split('.')
  const keys: string[] = []
  let key = ''
  for (let at = 0; at < path.length; at++) {
    if (path[at] === '.') {
      keys.push(key)
      key = ''
    } else {
      if (path[at] === '\\') at++
      key += path[at] ?? '\\'
    }
  }
  return [...keys, key]
}

/** Follows own keys only. */
function findSlot(slot: Slot, path: string): Slot | undefined {
  let current = slot
  for (const key of splitPath(path)) {
    const holder = current.holder[current.key]
    if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) return undefined
    current = { holder: holder as Record<string, unknown>, key }
  }
  return current
}
