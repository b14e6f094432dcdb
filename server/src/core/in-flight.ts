import type { CallSignal } from '../call-signal.ts'
import { GatewayError } from '../problem/gateway-error.ts'

/** How many calls may be under way to Core, and how many may wait for a place. */
export interface InFlightLimits {
  maxInFlight: number
  maxQueued: number
}

/** As many calls are in flight and waiting as may be. */
export class QueueFullError extends GatewayError {
  constructor() {
    super('SERVICE_UNAVAILABLE', 'The gateway has as many calls to Core under way as it may.', {
      headers: { 'retry-after': '1' },
    })
  }
}

/**
 * Bounds the calls under way to Core. A freed place goes to whoever waits longest; who gives up leaves the queue at once.
 */
export class InFlight {
  readonly #limits: InFlightLimits
  readonly #waiting = new Set<() => void>()
  #active = 0

  constructor(limits: InFlightLimits) {
    this.#limits = limits
  }

  /** Calls under way. */
  get active(): number {
    return this.#active
  }

  /** Calls that wait for a place. */
  get queued(): number {
    return this.#waiting.size
  }

  /**
   * Takes a place, waiting for one if need be; every `enter` that resolves must be followed by one `leave`.
   * @throws QueueFullError 503 at once where the queue is full, or the signal's reason when it aborts.
   */
  async enter(signal: CallSignal): Promise<void> {
    if (signal.aborted) throw signal.reason
    if (this.#active < this.#limits.maxInFlight) {
      this.#active++
      return
    }
    if (this.#waiting.size >= this.#limits.maxQueued) throw new QueueFullError()
    await new Promise<void>((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.delete(proceed)
        reject(signal.reason)
      }
      const proceed = () => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      this.#waiting.add(proceed)
      signal.addEventListener('abort', giveUp)
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
