/** When a call must end: at a point in time, or earlier if its caller disconnects. */
export interface Deadline {
  /** Aborts in both cases. */
  readonly signal: AbortSignal
  /** On the clock of `performance.now()`. */
  readonly at: number
  readonly passed: boolean
  /** True once the caller has disconnected before the time ran out. */
  readonly disconnected: boolean
}

/**
 * The deadline of one caller's call. `AbortSignal.any([caller, AbortSignal.timeout(ms)])` is not used, because its timer
 * would keep running after the call has ended.
 */
export class CallDeadline implements Deadline {
  readonly #controller = new AbortController()
  readonly signal = this.#controller.signal
  readonly at: number
  readonly #caller: AbortSignal | undefined
  readonly #onCallerAbort = () => this.#controller.abort()
  readonly #timer: NodeJS.Timeout
  #passed = false

  /** @param ms time from now, in milliseconds */
  constructor(ms: number, caller: AbortSignal | undefined) {
    this.at = performance.now() + ms
    // Unref'd, so that Node keeps its list of timers of this duration for the next call.
    this.#timer = setTimeout(() => {
      this.#passed = true
      this.#controller.abort()
    }, ms).unref()
    this.#caller = caller
    if (caller?.aborted) this.#onCallerAbort()
    else caller?.addEventListener('abort', this.#onCallerAbort)
  }

  get passed(): boolean {
    return this.#passed
  }

  get disconnected(): boolean {
    return this.signal.aborted && !this.#passed
  }

  /** Releases the timer and the listener; must be called when the call has ended. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#caller?.removeEventListener('abort', this.#onCallerAbort)
  }
}
