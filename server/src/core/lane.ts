import { type BatchSizes, EventGroup } from './event-group.ts'
import type { WaitingBatch } from './waiting-batch.ts'

/** What a lane is given. */
export interface LaneOptions {
  /** With fewer calls under way, a batch goes out at once. */
  calls: number
  /** How long a batch waits at most for a call to end, in milliseconds: a slow Core holds nobody up. */
  longestWaitMs: number
  /** What a group may hold now. */
  sizes: () => BatchSizes
  /** Sends what has waited, by `run`. */
  depart: (group: EventGroup) => void
  /** Told when nothing is under way and nobody waits. */
  onIdle: () => void
}

/** The calls that may share one: those under way, and the batches that wait for one of them to end. */
export class Lane {
  readonly #options: LaneOptions
  readonly #waiting = new Set<WaitingBatch>()
  #underWay = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** True where a batch had better wait. */
  get isBusy(): boolean {
    return this.#underWay >= this.#options.calls
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Makes a call; when it ends, the next group departs. */
  async run<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    this.#underWay++
    try {
      return await call()
    } finally {
      this.#underWay--
      if (this.#waiting.size > 0) this.#departNext()
      else if (this.#underWay === 0) this.#options.onIdle()
    }
  }

  /** Lets a batch wait; whoever gives up leaves at once. */
  wait(batch: WaitingBatch): void {
    this.#waiting.add(batch)
    batch.onGone(() => this.#waiting.delete(batch))
    this.#timer ??= this.#departAfter(this.#options.longestWaitMs)
  }

  /** Ends the waiting of all. */
  release(): WaitingBatch[] {
    const all = [...this.#waiting]
    this.#waiting.clear()
    return all
  }

  /** Those who have waited longest, as many as fit. */
  #departNext(): void {
    const group = new EventGroup()
    for (const batch of this.#waiting) {
      if (!group.take(batch, this.#options.sizes())) break
      this.#waiting.delete(batch)
    }
    this.#options.depart(group)
  }

  #departAfter(ms: number): NodeJS.Timeout {
    const { longestWaitMs } = this.#options
    const remainingMs = ({ since }: WaitingBatch) => since + longestWaitMs - performance.now()
    // Only while calls are under way does anybody wait, so nothing is lost if it keeps no process alive.
    return setTimeout(() => {
      this.#timer = undefined
      let [oldest] = this.#waiting
      while (oldest && remainingMs(oldest) <= 0) {
        this.#departNext()
        ;[oldest] = this.#waiting
      }
      if (oldest) this.#timer = this.#departAfter(Math.ceil(remainingMs(oldest)))
    }, ms).unref()
  }
}
