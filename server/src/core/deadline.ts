/** How long a call may go on: until its time runs out or its caller hangs up. */
export interface Deadline {
  /** Aborts at either. */
  readonly signal: AbortSignal
  /** When time runs out, on the clock of `performance.now()`. */
  readonly at: number
  /** True once time ran out. */
  readonly passed: boolean
  /** True once the caller was gone, time being left. */
  readonly hungUp: boolean
}

/** A deadline of one caller's. */
export interface StartedDeadline extends Deadline {
  /** Ends the waiting; must be called when the call is over. */
  clear(): void
}

/**
 * Starts a deadline of `ms` milliseconds. Not `AbortSignal.any([caller, AbortSignal.timeout(ms)])`: its timer would
 * outlive every call by the whole deadline.
 */
export function startDeadline(ms: number, caller: AbortSignal | undefined): StartedDeadline {
  const controller = new AbortController()
  let passed = false
  const hangUp = () => controller.abort()
  const timer = setTimeout(() => {
    passed = true
    controller.abort()
  }, ms)
  if (caller?.aborted) hangUp()
  else caller?.addEventListener('abort', hangUp, { once: true })
  return {
    signal: controller.signal,
    at: performance.now() + ms,
    get passed() {
      return passed
    },
    get hungUp() {
      return controller.signal.aborted && !passed
    },
    clear() {
      clearTimeout(timer)
      caller?.removeEventListener('abort', hangUp)
    },
  }
}
