import { setTimeout as sleep } from 'node:timers/promises'

/** A wait that can be cut short. */
export class Pause {
  #cut = new AbortController()

  /** Resolves after `ms`, when cut short, or when the signal is aborted. */
  async last(ms: number, signal: AbortSignal): Promise<void> {
    await sleep(ms, undefined, { signal: AbortSignal.any([signal, this.#cut.signal]) }).catch(() => {})
  }

  cutShort(): void {
    this.#cut.abort()
    this.#cut = new AbortController()
  }
}
