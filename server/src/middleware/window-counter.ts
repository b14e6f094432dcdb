/** The calls of a caller in its current window, and the time until the window ends. */
export interface Window {
  used: number
  endsInMs: number
}

/** Counts calls per caller; a window begins with the caller's first call. */
export class WindowCounter {
  readonly #windowMs: number
  readonly #now: () => number
  readonly #windows = new Map<string, { used: number; endsAt: number }>()

  /** @param now a monotonic clock, in milliseconds */
  constructor(windowMs: number, now: () => number = () => performance.now()) {
    this.#windowMs = windowMs
    this.#now = now
  }

  add(caller: string, calls: number): Window {
    const now = this.#now()
    this.#deleteEnded(now)
    let window = this.#windows.get(caller)
    if (!window) {
      window = { used: 0, endsAt: now + this.#windowMs }
      this.#windows.set(caller, window)
    }
    window.used += calls
    return { used: window.used, endsInMs: window.endsAt - now }
  }

  /** Stops at the first open window: all have the same length, and a map iterates in insertion order. */
  #deleteEnded(now: number): void {
    for (const [caller, { endsAt }] of this.#windows) {
      if (endsAt > now) return
      this.#windows.delete(caller)
    }
  }
}
