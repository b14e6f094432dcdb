import { CircuitState, circuitBreaker, handleWhen, SamplingBreaker } from 'cockatiel'
import { GatewayError } from '../problem/gateway-error.ts'
import { CallerHungUp } from './core-error.ts'
import type { CoreResponse } from './core-response.ts'

/** What a circuit needs to know; times in milliseconds. */
export interface CircuitOptions {
  /** Asks Core for a sign of life; any answer below 500 is one. */
  probe: () => Promise<CoreResponse>
  /** Told when the circuit opens (true) and closes (false). */
  onChange: (open: boolean) => void
  /** From 0 to below 1; keeps replicas from probing in step. @default Math.random */
  random?: () => number
}

/** More than half of the calls of about ten seconds, and ten at the least. */
const FAILURE_SHARE = 0.5
const WINDOW_MS = 10_000
const MIN_CALLS_PER_SECOND = 1

/** How long a circuit stays open before it probes, and between probes; up to half a second more is random. */
const PROBE_EVERY_MS = 2_000
const PROBE_JITTER_MS = 500

/**
 * Keeps calls from a Core that fails. It opens on the failure share of recent calls, then probes by itself, a single
 * call at a time, until one succeeds: callers never wait for a probe, and a gateway that nobody calls recovers too.
 */
export class Circuit {
  readonly #policy = circuitBreaker(
    handleWhen((error) => !(error instanceof CallerHungUp)).orWhenResult(
      (response) => (response as CoreResponse).statusCode >= 500,
    ),
    {
      halfOpenAfter: PROBE_EVERY_MS,
      breaker: new SamplingBreaker({
        threshold: FAILURE_SHARE,
        duration: WINDOW_MS,
        minimumRps: MIN_CALLS_PER_SECOND,
      }),
    },
  )
  readonly #options: CircuitOptions
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: CircuitOptions) {
    this.#options = options
    this.#policy.onBreak(() => {
      if (this.#timer) return
      options.onChange(true)
      this.#probeLater()
    })
    this.#policy.onReset(() => options.onChange(false))
  }

  get isOpen(): boolean {
    return this.#policy.state !== CircuitState.Closed
  }

  /** @throws GatewayError 503 while the circuit is open. */
  requireClosed(): void {
    if (!this.isOpen) return
    throw new GatewayError('SERVICE_UNAVAILABLE', 'Core fails; the gateway waits for it to recover.', {
      headers: { 'retry-after': String(Math.ceil(PROBE_EVERY_MS / 1000)) },
    })
  }

  /**
   * Makes a call. A throw or an answer of 500 and above counts as a failure, a caller that hung up as nothing.
   * @throws GatewayError 503 at once while the circuit is open.
   */
  async run(call: () => Promise<CoreResponse>): Promise<CoreResponse> {
    this.requireClosed()
    return this.#policy.execute(call)
  }

  /** Ends the probing. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #probeLater(): void {
    if (this.#stopped) return
    const { random = Math.random, probe } = this.#options
    this.#timer = setTimeout(
      async () => {
        await this.#policy.execute(probe).catch(() => undefined)
        if (this.isOpen) this.#probeLater()
        else this.#timer = undefined
      },
      PROBE_EVERY_MS + 1 + random() * PROBE_JITTER_MS,
    ).unref()
  }
}
