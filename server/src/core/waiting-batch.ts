import type { CoreAnswer, CoreCall } from './core-call.ts'
import { failureError } from './core-error.ts'
import type { Deadline } from './deadline.ts'

/** An event batch that waits to be sent with others, and the caller who waits for its answer. */
export class WaitingBatch {
  readonly call: CoreCall & { body: Buffer }
  readonly deadline: Deadline
  readonly eventIds: readonly string[]
  /** On the clock of `performance.now()`. */
  readonly since = performance.now()
  /** Rejects as soon as the deadline passes or the caller hangs up. */
  readonly answer: Promise<CoreAnswer>
  settle: (answer: CoreAnswer | Promise<CoreAnswer>) => void = () => {}
  fail: (error: unknown) => void = () => {}

  /** @param eventIds those of the events in the call's body */
  constructor(call: WaitingBatch['call'], eventIds: readonly string[], deadline: Deadline) {
    this.call = call
    this.eventIds = eventIds
    this.deadline = deadline
    this.answer = new Promise((resolve, reject) => {
      this.settle = resolve
      this.fail = reject
    })
    this.onGone(() => this.fail(failureError(deadline.signal.reason, deadline)))
  }

  /** True once nobody waits for the answer any more. */
  get gone(): boolean {
    return this.deadline.signal.aborted
  }

  onGone(leave: () => void): void {
    this.deadline.signal.addEventListener('abort', leave)
  }
}
