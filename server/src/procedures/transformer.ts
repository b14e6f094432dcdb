import { ExactNumber, isPlainJson, isPlainObject, MAX_BIGINT_DIGITS, MAX_JSON_DEPTH } from '@achilles/mcp-contract'
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
  return isPlainJson(value) ? { json: value } : superjson.serialize(value)
}

type Slot = { holder: Record<string, unknown>; key: string }

function revive(wire: unknown): unknown {
  if (!isPlainObject(wire) || !Object.hasOwn(wire, 'json')) return standIn('value that is not superjson')
  const { json, meta } = wire
  if (meta === undefined) return json
  if (!isPlainObject(meta)) return standIn('value with broken superjson meta')
  const root: Slot = { holder: { value: json }, key: 'value' }
  applyAnnotations(root, meta.values, MAX_JSON_DEPTH)
  for (const path of cyclesOf(meta.referentialEqualities)) put(slotAt(root, path), () => standIn('cycle'))
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
      const child = slotAt(slot, path)
      if (child) applyAnnotations(child, subtree, depthLeft - 1)
    }
  }
  if (type !== undefined) put(slot, (value) => reviveLeaf(type, value))
}

function reviveLeaf(type: unknown, value: unknown): unknown {
  if (type === 'undefined') return undefined
  if (type === 'Date' && typeof value === 'string') return new Date(value)
  if (type === 'bigint' && typeof value === 'string' && /^-?\d+$/.test(value)) {
    return value.length <= MAX_BIGINT_DIGITS ? BigInt(value) : new ExactNumber(value)
  }
  if (type === 'number' && ['NaN', 'Infinity', '-Infinity', '-0'].includes(String(value))) return Number(value)
  return standIn(Array.isArray(type) ? String(type[1]) : (CLASS_NAMES[String(type)] ?? String(type)))
}

const CLASS_NAMES: Readonly<Record<string, string>> = { regexp: 'RegExp', map: 'Map', set: 'Set' }

/**
 * Paths at which a value contains itself. Other equalities need no work: superjson repeats the whole value at each place.
 */
function cyclesOf(equalities: unknown): string[] {
  const [root, others] = Array.isArray(equalities) ? equalities : [[], equalities]
  const cycles = Array.isArray(root) ? root.filter((path) => typeof path === 'string') : []
  if (isPlainObject(others)) {
    for (const [first, repeats] of Object.entries(others)) {
      if (!Array.isArray(repeats)) continue
      cycles.push(...repeats.filter((path) => typeof path === 'string' && path.startsWith(`${first}.`)))
    }
  }
  return cycles
}

/** An object that no schema takes and whose class name tells what it stands for. */
const standIn = (name: string): object => Object.create({ constructor: { name } })

function put(slot: Slot | undefined, change: (value: unknown) => unknown): void {
  if (slot) slot.holder[slot.key] = change(slot.holder[slot.key])
}

const UNESCAPED_DOT = /(?<=(?:^|[^\\])(?:\\\\)*)\./

/** The place at a path of superjson's (`a.b`, a dot in a key written `\.`), if it is there; only own keys count. */
function slotAt(slot: Slot, path: string): Slot | undefined {
  let current = slot
  for (const key of path.split(UNESCAPED_DOT)) {
    const holder = current.holder[current.key]
    const plain = key.replace(/\\(.)/g, '$1')
    if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, plain)) return undefined
    current = { holder: holder as Record<string, unknown>, key: plain }
  }
  return current
}
