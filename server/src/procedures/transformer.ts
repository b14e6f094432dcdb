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
 * superjson on the wire. Of a caller's values only those that the contract needs are revived: `Date`, `bigint`,
 * `undefined` and the numbers that JSON has no word for. For anything else, and for a cycle, a stand-in takes its place
 * that every schema refuses with its path; nothing throws, so that one bad input in a batch harms no other call.
 */
export const transformer: TRPCCombinedDataTransformer = {
  input: { serialize: superjson.serialize, deserialize: revive },
  output: { serialize: encode, deserialize: superjson.deserialize },
}

/** The same bytes that superjson would write, without its walk where a value has nothing but JSON in it. */
function encode(value: unknown) {
  if (isPlainJson(value)) return { json: value }
  try {
    return superjson.serialize(value)
  } catch {
    // It refuses keys such as `constructor`, and no client of it could read a type below one: long numbers are rounded.
    return { json: JSON.parse(stringifyJson(value)) }
  }
}

type Slot = { holder: Record<string, unknown>; key: string }

function revive(wire: unknown): unknown {
  if (!isPlainObject(wire) || !Object.hasOwn(wire, 'json')) return standIn('value that is not superjson')
  const { json, meta } = wire
  if (meta === undefined) return json
  if (!isPlainObject(meta)) return standIn('value with broken superjson meta')
  const root: Slot = { holder: { value: json }, key: 'value' }
  applyAnnotations(root, meta.values, MAX_JSON_DEPTH)
  for (const path of cyclesOf(meta.referentialEqualities)) {
    if (path.length > LONGEST_PATH) return standIn('value with a path this long')
    put(slotAt(root, path), () => standIn('cycle'))
  }
  return root.holder.value
}

/** superjson's tree of types: `[type]`, `[type, children]` or `children`, keyed by paths below. */
function applyAnnotations(slot: Slot, tree: unknown, depthLeft: number): void {
  if (depthLeft === 0) {
    put(slot, () => standIn('value this deep'))
    return
  }
  const [type, children] = Array.isArray(tree) ? tree : [undefined, tree]
  if (isPlainObject(children)) {
    for (const [path, subtree] of Object.entries(children)) {
      if (path.length > LONGEST_PATH) {
        put(slot, () => standIn('value with a path this long'))
        return
      }
      const child = slotAt(slot, path)
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
  return standIn(typeof name === 'string' ? (CLASS_NAMES.get(name) ?? name) : 'value of no known type')
}

const NAMED_NUMBERS: unknown[] = ['NaN', 'Infinity', '-Infinity', '-0']
const CLASS_NAMES = new Map([
  ['regexp', 'RegExp'],
  ['map', 'Map'],
  ['set', 'Set'],
])

/**
 * Paths at which a value contains itself. Other equalities need no work: superjson repeats the whole value at each place.
 */
function cyclesOf(equalities: unknown): string[] {
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

/** An object that no schema takes and whose class name tells what it stands for. */
const standIn = (name: string): object => Object.create({ constructor: { name: shortened(name, 128) } })

function put(slot: Slot | undefined, change: (value: unknown) => unknown): void {
  if (slot) slot.holder[slot.key] = change(slot.holder[slot.key])
}

/** No caller's own data is named by a longer path, as values nest 64 levels at most. In characters. */
const LONGEST_PATH = 16_384

/** The keys in a path of superjson's, in which a key's own dots and backslashes have a backslash before them. */
function keysIn(path: string): string[] {
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

/** The place at a path of superjson's (`a.b`, a dot in a key written `\.`), if it is there; only own keys count. */
function slotAt(slot: Slot, path: string): Slot | undefined {
  let current = slot
  for (const key of keysIn(path)) {
    const holder = current.holder[current.key]
    if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) return undefined
    current = { holder: holder as Record<string, unknown>, key }
  }
  return current
}
