import { type BatchSizes, MergedBatch } from './merged-batch.ts'
import type { WaitingBatch } from './waiting-batch.ts'

export interface CoalescingQueueOptions {
  /** With fewer calls in flight, a batch is sent immediately. */
  inFlightBeforeWaiting: number
  /** The longest time that a batch waits for a call to end, in milliseconds. */
  longestWaitMs: number
  sizes: () => BatchSizes
  /** Sends a merged batch through `run`. */
  flush: (merged: MergedBatch) => void
  /** Called when no call is in flight and no batch waits. */
  onIdle: () => void
}

/** In-flight calls with equal merge keys, and the batches that wait for one of them to end. */
export class CoalescingQueue {
  readonly #options: CoalescingQueueOptions
  readonly #waiting = new Set<WaitingBatch>()
  #inFlight = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: CoalescingQueueOptions) {
    this.#options = options
  }

  /** True if a new batch should wait. */
  get isBusy(): boolean {
    return this.#inFlight >= this.#options.inFlightBeforeWaiting
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Makes a call; when it ends, the waiting batches are flushed. */
  async run<Result>(call: () => Promise<Result>): Promise<Result> {
    this.#inFlight++
    try {
      return await call()
    } finally {
      this.#inFlight--
      if (this.#waiting.size > 0) this.#flushNext()
      else if (this.#inFlight === 0) this.#options.onIdle()
    }
  }

  /** Adds a batch; it is removed when its caller stops waiting. */
  add(batch: WaitingBatch): void {
    this.#waiting.add(batch)
    batch.onAbandoned(() => this.#waiting.delete(batch))
    this.#timer ??= this.#flushAfter(this.#options.longestWaitMs)
  }

  /** Removes and returns all waiting batches. */
  release(): WaitingBatch[] {
    const all = [...this.#waiting]
    this.#waiting.clear()
    return all
  }

  /** Flushes the batches that have waited longest, as many as fit. */
  #flushNext(): void {
    const merged = new MergedBatch()
    for (const batch of this.#waiting) {
      if (!merged.add(batch, this.#options.sizes())) break
      this.#waiting.delete(batch)
    }
    this.#options.flush(merged)
  }

  #flushAfter(ms: number): NodeJS.Timeout {
    const { longestWaitMs } = this.#options
    const remainingMs = ({ since }: WaitingBatch) => since + longestWaitMs - performance.now()
    // Unref'd: batches wait only while calls are in flight, and those keep the process alive.
    return setTimeout(() => {
      this.#timer = undefined
      let [oldest] = this.#waiting
      while (oldest && remainingMs(oldest) <= 0) {
        this.#flushNext()
        ;[oldest] = this.#waiting
      }
      if (oldest) this.#timer = this.#flushAfter(Math.ceil(remainingMs(oldest)))
    }, ms).unref()
  }
}
