import { GatewayError } from '../errors/gateway-error.ts'

/** How a call counts for the circuit; a `server-error` is a 500, which the caller's own input may have caused. */
export type CallOutcome = 'success' | 'failure' | 'server-error' | 'ignored'

export interface CircuitBreakerOptions {
  /** Sends a health check to Core; resolves to whether Core responded. */
  probe: () => Promise<boolean>
  /** Called when the circuit opens (true) and closes (false). */
  onChange: (open: boolean) => void
  /** Returns 0 to below 1; spreads the probes of several replicas. @default Math.random */
  random?: () => number
  /** A monotonic clock in milliseconds. @default performance.now */
  now?: () => number
}

/** The circuit opens when more than half of the calls of the last ten seconds failed, given at least ten calls. */
const MAX_FAILURE_RATE = 0.5
const MIN_CALLS = 10
const BUCKETS = 10
const BUCKET_MS = 1_000

/** Time before the first probe and between probes; a random part of `PROBE_JITTER_MS` is added. */
const PROBE_INTERVAL_MS = 2_000
const PROBE_JITTER_MS = 500

interface Bucket {
  second: number
  calls: number
  failures: number
  /** The principals whose `server-error` was counted. */
  counted: Set<string>
}

/**
 * Rejects calls while Core fails. It opens on the failure rate of recent calls, then sends one probe at a time until one
 * succeeds. Probes run on a timer, so that no caller waits for one and an idle gateway recovers too.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions
  readonly #now: () => number
  #buckets: Bucket[] = []
  #isOpen = false
  #openings = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: CircuitBreakerOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** @throws GatewayError 503 while the circuit is open. */
  requireClosed(): void {
    if (!this.#isOpen) return
    throw new GatewayError('SERVICE_UNAVAILABLE', 'Core is failing: requests are rejected until it recovers.', {
      headers: { 'retry-after': String(Math.ceil(PROBE_INTERVAL_MS / 1000)) },
    })
  }

  /**
   * Begins a call.
   * @param principal the caller's name: its `server-error`s count once per window, so that it alone cannot open the circuit
   * @returns a function to call with the outcome
   * @throws GatewayError 503 while the circuit is open.
   */
  begin(principal: string): (outcome: CallOutcome) => void {
    this.requireClosed()
    const openings = this.#openings
    return (outcome) => {
      // The outcome of a call that began before the circuit opened does not describe the recovered Core.
      if (openings === this.#openings) this.#count(outcome, principal)
    }
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #count(outcome: CallOutcome, principal: string): void {
    if (outcome === 'ignored') return
    const bucket = this.#currentBucket()
    if (outcome === 'server-error') {
      if (this.#buckets.some(({ counted }) => counted.has(principal))) return
      bucket.counted.add(principal)
    }
    bucket.calls++
    if (outcome === 'success') return
    bucket.failures++
    const calls = this.#sum('calls')
    if (calls >= MIN_CALLS && this.#sum('failures') > MAX_FAILURE_RATE * calls) this.#open()
  }

  #currentBucket(): Bucket {
    const second = Math.floor(this.#now() / BUCKET_MS)
    const last = this.#buckets.at(-1)
    if (last?.second === second) return last
    const bucket: Bucket = { second, calls: 0, failures: 0, counted: new Set() }
    this.#buckets = [...this.#buckets.filter((other) => other.second > second - BUCKETS), bucket]
    return bucket
  }

  #sum(field: 'calls' | 'failures'): number {
    return this.#buckets.reduce((sum, bucket) => sum + bucket[field], 0)
  }

  #open(): void {
    this.#isOpen = true
    this.#openings++
    this.#buckets = []
    this.#options.onChange(true)
    this.#scheduleProbe()
  }

  #scheduleProbe(): void {
    if (this.#stopped) return
    const { random = Math.random, probe, onChange } = this.#options
    this.#timer = setTimeout(
      async () => {
        const isAlive = await probe().catch(() => false)
        if (!isAlive) return this.#scheduleProbe()
        this.#isOpen = false
        onChange(false)
      },
      PROBE_INTERVAL_MS + random() * PROBE_JITTER_MS,
    ).unref()
  }
}
