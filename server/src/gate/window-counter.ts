/** What a caller has used of a window, and how long that lasts. */
export interface Window {
  used: number
  endsInMs: number
}

/** Counts calls per caller over windows that begin with a caller's first call; on a clock that is never set. */
export class WindowCounter {
  readonly #windowMs: number
  readonly #now: () => number
  readonly #windows = new Map<string, { used: number; endsAt: number }>()

  /** @param now milliseconds on a monotonic clock */
  constructor(windowMs: number, now: () => number = () => performance.now()) {
    this.#windowMs = windowMs
    this.#now = now
  }

  add(caller: string, calls: number): Window {
    const now = this.#now()
    this.#forgetEnded(now)
    let window = this.#windows.get(caller)
    if (!window) {
      window = { used: 0, endsAt: now + this.#windowMs }
      this.#windows.set(caller, window)
    }
    window.used += calls
    return { used: window.used, endsInMs: window.endsAt - now }
  }

  /** All windows are of one length, so those that began first, which a map lists first, end first. */
  #forgetEnded(now: number): void {
    for (const [caller, { endsAt }] of this.#windows) {
      if (endsAt > now) return
      this.#windows.delete(caller)
    }
  }
}
