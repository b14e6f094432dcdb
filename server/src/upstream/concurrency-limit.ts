import { GatewayError } from '../errors/gateway-error.ts'

/** How many calls to Core may be in flight, and how many may wait. */
export interface ConcurrencyLimits {
  maxInFlight: number
  maxQueued: number
}

export class QueueFullError extends GatewayError {
  constructor() {
    super('SERVICE_UNAVAILABLE', 'Too many calls to Core are in flight and queued.', {
      headers: { 'retry-after': '1' },
    })
  }
}

/** Limits the calls to Core that are in flight. The others wait in order of arrival; an aborted one leaves immediately. */
export class ConcurrencyLimit {
  readonly #limits: ConcurrencyLimits
  readonly #waiting = new Set<() => void>()
  #active = 0

  constructor(limits: ConcurrencyLimits) {
    this.#limits = limits
  }

  get active(): number {
    return this.#active
  }

  get queued(): number {
    return this.#waiting.size
  }

  /**
   * Resolves when a call may start; each `enter` that resolves must be followed by one `leave`.
   * @throws QueueFullError 503 if the queue is full; the signal's reason if it aborts.
   */
  async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#active < this.#limits.maxInFlight) {
      this.#active++
      return
    }
    if (this.#waiting.size >= this.#limits.maxQueued) throw new QueueFullError()
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.delete(proceed)
        reject(signal.reason)
      }
      const proceed = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      this.#waiting.add(proceed)
      signal.addEventListener('abort', onAbort)
    })
  }

  leave(): void {
    const [next] = this.#waiting
    if (!next) {
      this.#active--
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
