import {
  isDeeperThan,
  isPlainObject,
  MAX_JSON_DEPTH,
  mayExceedDouble,
  parseJson,
  stringifyJson,
} from '@achilles/mcp-contract'
import type { CoreAnswer } from './core-call.ts'
import { NotJsonError } from './core-error.ts'
import { encodeUtf8 } from './encode-utf8.ts'
import type { WaitingBatch } from './waiting-batch.ts'

const OPENING = '{"events":['
const CLOSING = ']}'
const PARTS = { opening: Buffer.from(OPENING), comma: Buffer.from(','), closing: Buffer.from(CLOSING) }

/** Whether a batch's body begins and ends so that its events can be joined to those of others. */
export const isJoinable = (body: Buffer): boolean =>
  body.subarray(0, OPENING.length).equals(PARTS.opening) && body.subarray(-CLOSING.length).equals(PARTS.closing)

/** How large an event batch may be. */
export interface BatchSizes {
  maxEvents: number
  maxBytes: number
}

/** What of an answer is one batch's. */
interface Share {
  batch: WaitingBatch
  results: unknown[]
  failed: unknown[]
}

/** Event batches that go to Core as one: their bodies joined, its answer divided among them again. */
export class EventGroup {
  readonly #shares: Share[] = []
  readonly #owners = new Map<string, Share>()
  #bytes = OPENING.length + CLOSING.length

  /** Those in it, in the order in which they were taken. */
  get batches(): WaitingBatch[] {
    return this.#shares.map(({ batch }) => batch)
  }

  /** Takes a batch in, unless that made the group too large or named an event twice. The first always fits. */
  take(batch: WaitingBatch, { maxEvents, maxBytes }: BatchSizes): boolean {
    const { eventIds, call } = batch
    const bytes = this.#bytes + call.body.length - OPENING.length - CLOSING.length + (this.#shares.length > 0 ? 1 : 0)
    if (this.#shares.length > 0) {
      if (this.#owners.size + eventIds.length > maxEvents || bytes > maxBytes) return false
      if (eventIds.some((id) => this.#owners.has(id))) return false
    }
    const share = { batch, results: [], failed: [] }
    this.#shares.push(share)
    this.#bytes = bytes
    for (const id of eventIds) this.#owners.set(id, share)
    return true
  }

  /** One body with the events of all, each batch's in its order. */
  join(): Buffer {
    const parts = this.#shares.flatMap(({ batch: { call } }, index) => [
      index === 0 ? PARTS.opening : PARTS.comma,
      call.body.subarray(OPENING.length, -CLOSING.length),
    ])
    return Buffer.concat([...parts, PARTS.closing], this.#bytes)
  }

  /**
   * Hands each batch the entries that name its events, in Core's order.
   * @returns false, and hands nothing to anybody, where the answer has anything in it that is not one batch's alone
   * @throws GatewayError where it is not JSON, so not Core's
   */
  divide(answer: Buffer): boolean {
    const text = answer.toString('utf8')
    const isLong = mayExceedDouble(text)
    if (!this.#allot(parsed(text, isLong))) return false
    for (const { batch, ...own } of this.#shares) batch.settle(answerOf(own, isLong))
    return true
  }

  #allot(answer: unknown): boolean {
    if (!isPlainObject(answer) || Object.keys(answer).length !== 2 || isDeeperThan(answer, 2 * MAX_JSON_DEPTH)) {
      return false
    }
    for (const list of ['results', 'failed'] as const) {
      const entries = answer[list]
      if (!Array.isArray(entries)) return false
      for (const entry of entries) {
        const id = isPlainObject(entry) ? entry.event_id : undefined
        const share = this.#owners.get(id as string)
        if (!share) return false
        share[list].push(entry)
        // Named again, it is nobody's.
        this.#owners.delete(id as string)
      }
    }
    return true
  }
}

function parsed(text: string, isLong: boolean): unknown {
  try {
    return isLong ? parseJson(text) : JSON.parse(text)
  } catch (error) {
    throw new NotJsonError(undefined, error)
  }
}

/** An answer as an ungrouped call would give it. Its bytes are written when asked for: native callers never do. */
function answerOf(own: Omit<Share, 'batch'>, isLong: boolean): CoreAnswer {
  const write = () => stringifyJson(own)
  return {
    value: isLong ? parseJson(write(), { decimals: 'nearest' }) : own,
    get bytes() {
      return encodeUtf8(write())
    },
  }
}
