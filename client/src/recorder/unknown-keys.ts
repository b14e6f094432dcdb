import { isPlainObject, parseJson, stringifyJson } from '@achilles/mcp-contract'
import { isGatewayError } from '../gateway-error.ts'
import type { PendingEntry } from './pending-entries.ts'

/** The message of the issue for a key that a gateway does not know. */
const UNKNOWN_KEY = 'unknown key'
/** An attempt names at most 100 keys. */
const MAX_ATTEMPTS = 50

type Path = readonly (string | number)[]

/**
 * Removes the keys that a gateway rejects as unknown, since an older gateway does not know all that a newer client sends.
 * The keys of events are remembered, so that later batches are sent without them.
 */
export class UnknownKeys {
  /** Called for each key that was removed, e.g. `payload_hash` of an event or `session.priority`. */
  readonly #onStripped: (key: string) => void
  /** Of events, by their names. */
  readonly #known = new Map<string, Path>()
  /** Of other inputs, by their owner. */
  readonly #removed = new WeakMap<object, Path[]>()

  constructor(onStripped: (key: string) => void) {
    this.#onStripped = onStripped
  }

  /**
   * Makes a call and, if keys of the input are rejected as unknown, again without them.
   * @param owner is the same object in each attempt to deliver the same thing: its keys are removed, and reported, once
   */
  async strip<Input, Output>(
    what: string,
    owner: object,
    input: Input,
    call: (input: Input) => Promise<Output>,
  ): Promise<Output> {
    const removed = this.#removed.get(owner) ?? []
    let current = input
    const remove = (paths: readonly Path[]) => {
      current = parseJson(stringifyJson(current)) as Input
      return paths.filter((path) => removeAt(current, path))
    }
    if (removed.length > 0) remove(removed)
    const stripKeys = (error: unknown) => {
      const more = remove(getUnknownPaths(error))
      for (const path of more) this.#onStripped([what, ...path].join('.'))
      removed.push(...more)
      this.#removed.set(owner, removed)
      return more.length > 0
    }
    return repeatWhile(() => call(current), stripKeys)
  }

  /** The same for a batch, whose events lose the keys for good. */
  async stripEvents<Output>(events: readonly PendingEntry[], call: () => Promise<Output>): Promise<Output> {
    if (this.#known.size > 0) for (const event of events) this.#removeFrom(event, [...this.#known.values()])
    const stripKeys = (error: unknown) => {
      let isChanged = false
      for (const [field, index, ...path] of getUnknownPaths(error)) {
        const event = field === 'events' && typeof index === 'number' ? events[index] : undefined
        if (!event || path.length === 0 || !this.#removeFrom(event, [path])) continue
        this.#known.set(path.join('.'), path)
        isChanged = true
      }
      return isChanged
    }
    return repeatWhile(call, stripKeys)
  }

  #removeFrom(event: PendingEntry, paths: readonly Path[]): boolean {
    const value = parseJson(event.json)
    const removed = paths.filter((path) => removeAt(value, path))
    if (removed.length === 0) return false
    event.json = stringifyJson(value)
    for (const path of removed) this.#onStripped(path.join('.'))
    return true
  }
}

async function repeatWhile<Output>(
  call: () => Promise<Output>,
  mayRepeat: (error: unknown) => boolean,
): Promise<Output> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !mayRepeat(error)) throw error
    }
  }
}

/** The paths of unknown keys among the issues of a rejected input. */
function getUnknownPaths(error: unknown): Path[] {
  if (!isGatewayError(error) || error.data.code !== 'BAD_REQUEST') return []
  return (error.data.issues ?? []).filter(({ message }) => message === UNKNOWN_KEY).map(({ path }) => parsePath(path))
}

/** Parses `events[3].agent.name`; keys that contain a dot or bracket are written in quotes: `["a.b"]`. */
function parsePath(path: string): Path {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, name]) =>
    quoted !== undefined ? (JSON.parse(`"${quoted}"`) as string) : index !== undefined ? Number(index) : (name ?? ''),
  )
}

function removeAt(root: unknown, path: Path): boolean {
  let parent = root
  for (const key of path.slice(0, -1)) {
    if (!isPlainObject(parent) && !Array.isArray(parent)) return false
    parent = Object.hasOwn(parent, key) ? (parent as Record<string | number, unknown>)[key] : undefined
  }
  const key = path.at(-1)
  if (key === undefined || !isPlainObject(parent) || !Object.hasOwn(parent, key)) return false
  return delete parent[key]
}
