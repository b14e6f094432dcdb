import type { CompleteEvent, EventBatchResponse } from '@achilles/mcp-contract'

interface Waiting {
  count: number
  resolve: () => void
}

/** Records which events were acknowledged, and whether any was accepted again after that. */
export class Ledger {
  readonly #acknowledged = new Set<string>()
  readonly #acceptedTwice = new Set<string>()
  readonly #waiting = new Set<Waiting>()
  /** Events resent after a failure or on purpose. */
  resent = 0

  get acknowledged(): ReadonlySet<string> {
    return this.#acknowledged
  }

  /** Events with the result `accepted` after an earlier acknowledgement. */
  get acceptedTwice(): number {
    return this.#acceptedTwice.size
  }

  /**
   * Records a response.
   * @throws Error if it does not have exactly one result per event, or if an event failed.
   */
  record(batch: CompleteEvent[], { results, failed }: EventBatchResponse): void {
    const [failure] = failed
    if (failure) throw new Error(`event ${failure.event_id} was not taken: ${failure.error}`)
    const statuses = new Map(results.map(({ event_id, status }) => [event_id, status]))
    if (results.length !== batch.length || batch.some(({ event_id }) => !statuses.has(event_id))) {
      throw new Error('an answer does not speak of each event of its batch once')
    }
    for (const [event_id, status] of statuses) {
      if (status === 'accepted' && this.#acknowledged.has(event_id)) this.#acceptedTwice.add(event_id)
      this.#acknowledged.add(event_id)
    }
    for (const waiting of this.#waiting) {
      if (this.#acknowledged.size < waiting.count) continue
      this.#waiting.delete(waiting)
      waiting.resolve()
    }
  }

  /** Resolves as soon as `count` events are acknowledged; rejects when `signal` aborts. */
  reached(count: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#acknowledged.size >= count) return resolve()
      this.#waiting.add({ count, resolve })
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }
}
