import type { Deadline } from '../deadline.ts'
import { toFailureError } from '../errors.ts'
import type { CoreCall, CoreResponse } from '../types.ts'

/** An event batch that waits to be merged, and the promise of its response. */
export class WaitingBatch {
  readonly call: CoreCall & { body: Buffer }
  readonly deadline: Deadline
  readonly eventIds: readonly string[]
  /** When it started to wait, on the clock of `performance.now()`. */
  readonly since = performance.now()
  /** Rejects as soon as the deadline passes or the caller disconnects. */
  readonly response: Promise<CoreResponse>
  settle: (response: CoreResponse | Promise<CoreResponse>) => void = () => {}
  fail: (error: unknown) => void = () => {}

  /** @param eventIds the ids of the events in the call's body */
  constructor(call: WaitingBatch['call'], eventIds: readonly string[], deadline: Deadline) {
    this.call = call
    this.eventIds = eventIds
    this.deadline = deadline
    this.response = new Promise((resolve, reject) => {
      this.settle = resolve
      this.fail = reject
    })
    this.onAbandoned(() => this.fail(toFailureError(deadline.signal.reason, deadline)))
  }

  /** True once the deadline has passed or the caller has disconnected. */
  get abandoned(): boolean {
    return this.deadline.signal.aborted
  }

  onAbandoned(listener: () => void): void {
    this.deadline.signal.addEventListener('abort', listener)
  }
}
