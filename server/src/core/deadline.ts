import { type CallSignal, OwnSignal } from '../call-signal.ts'

/** How long a call may go on: until its time runs out or its caller hangs up. */
export interface Deadline {
  /** Aborts at either. */
  readonly signal: CallSignal
  /** When time runs out, on the clock of `performance.now()`. */
  readonly at: number
  /** True once time ran out. */
  readonly passed: boolean
  /** True once the caller was gone, time being left. */
  readonly hungUp: boolean
}

/**
 * A deadline of one caller's. Not `AbortSignal.any([caller, AbortSignal.timeout(ms)])`: its timer would outlive every
 * call by the whole deadline.
 */
export class CallDeadline implements Deadline {
  readonly signal = new OwnSignal()
  readonly at: number
  readonly #caller: CallSignal | undefined
  readonly #hangUp = this.signal.abort.bind(this.signal)
  readonly #timer: NodeJS.Timeout
  #passed = false

  /** @param ms until time runs out, from now */
  constructor(ms: number, caller: CallSignal | undefined) {
    this.at = performance.now() + ms
    // Unref'd: Node then keeps its list of such timers for the next call.
    this.#timer = setTimeout(() => {
      this.#passed = true
      this.signal.abort()
    }, ms).unref()
    this.#caller = caller
    if (caller?.aborted) this.#hangUp()
    else caller?.addEventListener('abort', this.#hangUp)
  }

  get passed(): boolean {
    return this.#passed
  }

  get hungUp(): boolean {
    return this.signal.aborted && !this.#passed
  }

  /** Ends the waiting; must be called when the call is over. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#caller?.removeEventListener('abort', this.#hangUp)
  }
}
