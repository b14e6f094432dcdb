/** Tells when a call is over; an `AbortSignal` is one. */
export interface CallSignal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/**
 * A signal that whoever holds it may abort, once. It stands in for an `AbortController`, of which Node 20 takes 7 µs to
 * make one, and a call needs several.
 */
export class OwnSignal implements CallSignal {
  #reason: unknown
  #listeners: (() => void)[] | undefined = []

  get aborted(): boolean {
    return this.#listeners === undefined
  }

  get reason(): unknown {
    return this.#reason
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners?.push(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const index = this.#listeners?.indexOf(listener) ?? -1
    if (index >= 0) this.#listeners?.splice(index, 1)
  }

  abort(): void {
    const listeners = this.#listeners
    if (!listeners) return
    this.#listeners = undefined
    this.#reason = new DOMException('The call is over.', 'AbortError')
    for (const listener of listeners) listener()
  }
}
