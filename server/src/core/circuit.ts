import { GatewayError } from '../problem/gateway-error.ts'

/** What a finished call means to the circuit; a `server-error` is a 500, which the caller's own input may have caused. */
export type CallOutcome = 'success' | 'failure' | 'server-error' | 'ignored'

/** What a circuit needs to know; times in milliseconds. */
export interface CircuitOptions {
  /** Asks Core for a sign of life; resolves to whether there was one. */
  probe: () => Promise<boolean>
  /** Called when the circuit opens (true) and closes (false). */
  onChange: (open: boolean) => void
  /** From 0 to below 1; keeps replicas from probing in step. @default Math.random */
  random?: () => number
  /** A clock that is never set. @default performance.now */
  now?: () => number
}

/** More than half of the calls of about ten seconds, and ten at the least. */
const FAILURE_SHARE = 0.5
const MIN_CALLS = 10
const BUCKETS = 10
const BUCKET_MS = 1_000

/** How long a circuit stays open before it probes, and between probes; up to half a second more is random. */
const PROBE_EVERY_MS = 2_000
const PROBE_JITTER_MS = 500

/** What ended within one second. */
interface Bucket {
  second: number
  calls: number
  failures: number
  /** The principals whose 500s were counted. */
  counted: Set<string>
}

/**
 * Keeps calls from a Core that fails. It opens on the failure share of recent calls, then probes by itself, a single
 * call at a time, until one succeeds: callers never wait for a probe, and a gateway that nobody calls recovers too.
 */
export class Circuit {
  readonly #options: CircuitOptions
  readonly #now: () => number
  #buckets: Bucket[] = []
  #isOpen = false
  #openings = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: CircuitOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** @throws GatewayError 503 while the circuit is open. */
  requireClosed(): void {
    if (!this.#isOpen) return
    throw new GatewayError('SERVICE_UNAVAILABLE', 'Core fails; the gateway waits for it to recover.', {
      headers: { 'retry-after': String(Math.ceil(PROBE_EVERY_MS / 1000)) },
    })
  }

  /**
   * Begins a call.
   * @param principal who calls: its `server-error`s count once a window, so that it alone cannot open the circuit
   * @returns to be called with how it ended
   * @throws GatewayError 503 at once while the circuit is open.
   */
  begin(principal: string): (outcome: CallOutcome) => void {
    this.requireClosed()
    const openings = this.#openings
    return (outcome) => {
      // A call that began before the circuit opened says nothing about the Core that has recovered since.
      if (openings === this.#openings) this.#count(outcome, principal)
    }
  }

  /** Ends the probing. */
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
    if (calls >= MIN_CALLS && this.#sum('failures') > FAILURE_SHARE * calls) this.#open()
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
    this.#probeLater()
  }

  #probeLater(): void {
    if (this.#stopped) return
    const { random = Math.random, probe, onChange } = this.#options
    this.#timer = setTimeout(
      async () => {
        const isAlive = await probe().catch(() => false)
        if (!isAlive) return this.#probeLater()
        this.#isOpen = false
        onChange(false)
      },
      PROBE_EVERY_MS + random() * PROBE_JITTER_MS,
    ).unref()
  }
}
