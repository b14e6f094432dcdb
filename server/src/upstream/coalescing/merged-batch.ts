import {
  isDeeperThan,
  isPlainObject,
  MAX_JSON_DEPTH,
  mayExceedDouble,
  parseJson,
  stringifyJson,
} from '@achilles/mcp-contract'
import { encodeUtf8 } from '../encode-body.ts'
import { NotJsonError } from '../errors.ts'
import type { CoreResponse } from '../types.ts'
import type { WaitingBatch } from './waiting-batch.ts'

const OPENING = '{"events":['
const CLOSING = ']}'
const PARTS = { opening: Buffer.from(OPENING), comma: Buffer.from(','), closing: Buffer.from(CLOSING) }

/** Whether a body begins and ends exactly like an event batch, so that its events can be concatenated with others. */
export const canMerge = (body: Buffer): boolean =>
  body.subarray(0, OPENING.length).equals(PARTS.opening) && body.subarray(-CLOSING.length).equals(PARTS.closing)

export interface BatchSizes {
  maxEvents: number
  maxBytes: number
}

/** The part of Core's response that belongs to one batch. */
interface Slice {
  batch: WaitingBatch
  results: unknown[]
  failed: unknown[]
}

/** Event batches that are sent to Core as one; its response is split among them. */
export class MergedBatch {
  readonly #slices: Slice[] = []
  readonly #slicesByEventId = new Map<string, Slice>()
  #bytes = OPENING.length + CLOSING.length

  get batches(): WaitingBatch[] {
    return this.#slices.map(({ batch }) => batch)
  }

  /** Adds a batch; returns false if the result were too large or had an event id twice. The first always fits. */
  add(batch: WaitingBatch, { maxEvents, maxBytes }: BatchSizes): boolean {
    const { eventIds, call } = batch
    const bytes = this.#bytes + call.body.length - OPENING.length - CLOSING.length + (this.#slices.length > 0 ? 1 : 0)
    if (this.#slices.length > 0) {
      if (this.#slicesByEventId.size + eventIds.length > maxEvents || bytes > maxBytes) return false
      if (eventIds.some((id) => this.#slicesByEventId.has(id))) return false
    }
    const slice = { batch, results: [], failed: [] }
    this.#slices.push(slice)
    this.#bytes = bytes
    for (const id of eventIds) this.#slicesByEventId.set(id, slice)
    return true
  }

  /** The body with the events of all batches, in order. */
  encode(): Buffer {
    const parts = this.#slices.flatMap(({ batch: { call } }, index) => [
      index === 0 ? PARTS.opening : PARTS.comma,
      call.body.subarray(OPENING.length, -CLOSING.length),
    ])
    return Buffer.concat([...parts, PARTS.closing], this.#bytes)
  }

  /**
   * Settles each batch with the entries for its events, in Core's order.
   * @returns false, with no batch settled, if any part of the response does not belong to exactly one batch
   * @throws GatewayError if the response is not JSON
   */
  split(body: Buffer): boolean {
    const text = body.toString('utf8')
    const hasLongNumbers = mayExceedDouble(text)
    if (!this.#assign(parseText(text, hasLongNumbers))) return false
    for (const { batch, ...own } of this.#slices) batch.settle(toResponse(own, hasLongNumbers))
    return true
  }

  #assign(value: unknown): boolean {
    if (!isPlainObject(value) || Object.keys(value).length !== 2 || isDeeperThan(value, 2 * MAX_JSON_DEPTH)) {
      return false
    }
    for (const list of ['results', 'failed'] as const) {
      const entries = value[list]
      if (!Array.isArray(entries)) return false
      for (const entry of entries) {
        const id = isPlainObject(entry) ? entry.event_id : undefined
        const slice = this.#slicesByEventId.get(id as string)
        if (!slice) return false
        slice[list].push(entry)
        // A second entry for the same id makes the response invalid.
        this.#slicesByEventId.delete(id as string)
      }
    }
    return true
  }
}

function parseText(text: string, hasLongNumbers: boolean): unknown {
  try {
    return hasLongNumbers ? parseJson(text) : JSON.parse(text)
  } catch (error) {
    throw new NotJsonError(undefined, error)
  }
}

/** The response as for an unmerged call. Its bytes are encoded lazily, since the native surface does not read them. */
function toResponse(own: Omit<Slice, 'batch'>, hasLongNumbers: boolean): CoreResponse {
  const stringify = () => stringifyJson(own)
  return {
    value: hasLongNumbers ? parseJson(stringify(), { decimals: 'nearest' }) : own,
    get bytes() {
      return encodeUtf8(stringify())
    },
  }
}
