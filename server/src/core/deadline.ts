/** One abort signal for a whole call: from its deadline and from the caller's hang-up. */
export interface Deadline {
  readonly signal: AbortSignal
  /** When time runs out, on the clock of `performance.now()`. */
  readonly at: number
  /** True once time ran out. */
  readonly passed: boolean
  /** True once the caller was gone, time being left. */
  readonly hungUp: boolean
  /** Ends the waiting; must be called when the call is over. */
  clear(): void
}

/**
 * Starts a deadline of `ms` milliseconds. Not `AbortSignal.any([caller, AbortSignal.timeout(ms)])`: its timer would
 * outlive every call by the whole deadline.
 */
export function startDeadline(ms: number, caller: AbortSignal | undefined): Deadline {
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
