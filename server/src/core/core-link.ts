import { isDeeperThan, MAX_JSON_DEPTH, parseJson, stringifyJson } from '@achilles/mcp-contract'
import type { Got, Response } from 'got'
import { GatewayError } from '../problem/gateway-error.ts'
import type { AttemptWatch } from '../telemetry/attempt-watch.ts'
import { Circuit, type CircuitOptions } from './circuit.ts'
import { type CallContext, type CoreClientOptions, createCoreClient, outcomeOf } from './core-client.ts'
import { answerError, CallerHungUp, failureError } from './core-error.ts'
import { type Deadline, startDeadline } from './deadline.ts'
import { InFlight, type InFlightLimits } from './in-flight.ts'
import type { LinkHealth } from './link-health.ts'

/** One call to Core, all attempts together. */
export interface CoreCall {
  /** The procedure it serves, e.g. `sessions.create`. */
  operation: string
  method: 'GET' | 'POST' | 'PATCH'
  /** Appended to the base URL; what varies in it is already percent-encoded. */
  path: string
  body?: unknown
  /** Sent beside the headers of every call. */
  headers: Readonly<Record<string, string>>
  /** Aborts when the caller hangs up. */
  signal: AbortSignal | undefined
  /** Told of each attempt. */
  watch: AttemptWatch
}

/** What Core answered: the value, and the very bytes that say it. */
export interface CoreAnswer {
  value: unknown
  bytes: Buffer
}

export interface CoreLinkOptions extends Omit<CoreClientOptions, 'mayRetry'>, InFlightLimits {
  /** Without a slash at the end; may have a path of its own. */
  baseUrl: string
  /** What all attempts together may take, in milliseconds. */
  deadlineMs: number
  /** Told when the circuit to Core opens (true) and closes (false). */
  onCircuitChange: CircuitOptions['onChange']
}

const PROBE_TIMEOUT_MS = 2_000

/** The only door to Core: one call in, one answer or one `GatewayError` out. */
export class CoreLink implements LinkHealth {
  readonly #client: Got
  readonly #baseUrl: string
  readonly #deadlineMs: number
  readonly #circuit: Circuit
  readonly #inFlight: InFlight
  #lastIngestErrorAt: string | null = null

  constructor(options: CoreLinkOptions) {
    this.#client = createCoreClient({ ...options, mayRetry: () => !this.degraded })
    this.#baseUrl = options.baseUrl
    this.#deadlineMs = options.deadlineMs
    this.#inFlight = new InFlight(options)
    this.#circuit = new Circuit({
      onChange: options.onCircuitChange,
      probe: () => this.#probe(Math.min(PROBE_TIMEOUT_MS, options.timeoutMs)),
      ...(options.random && { random: options.random }),
    })
  }

  get degraded(): boolean {
    return this.#circuit.isOpen
  }

  get lastIngestErrorAt(): string | null {
    return this.#lastIngestErrorAt
  }

  get callsInFlight(): number {
    return this.#inFlight.active
  }

  get callsQueued(): number {
    return this.#inFlight.queued
  }

  /** @throws GatewayError as the contract's table of errors says. */
  async call(call: CoreCall): Promise<CoreAnswer> {
    try {
      const response = await this.#send(call)
      if (response.statusCode < 200 || response.statusCode > 299) throw answerError(response)
      return readAnswer(response.body)
    } catch (error) {
      const failed = error instanceof GatewayError && error.retryable && !call.signal?.aborted
      if (failed && call.operation.startsWith('signals.ingest')) {
        this.#lastIngestErrorAt = new Date().toISOString()
      }
      throw error
    }
  }

  /** Ends what the link does by itself; calls under way go on. */
  stop(): void {
    this.#circuit.stop()
  }

  async #send(call: CoreCall): Promise<Response<Buffer>> {
    const deadline = startDeadline(this.#deadlineMs, call.signal)
    try {
      // Asked before the queue too: while Core fails nobody waits for a place.
      this.#circuit.requireClosed()
      await this.#inFlight.enter(deadline.signal)
      try {
        return await this.#circuit.run(() => this.#attempts(call, deadline))
      } finally {
        this.#inFlight.leave()
      }
    } catch (error) {
      throw failureError(error, deadline)
    } finally {
      deadline.clear()
    }
  }

  async #attempts({ method, path, body, headers, watch }: CoreCall, deadline: Deadline): Promise<Response<Buffer>> {
    const context: CallContext = { deadlineAt: deadline.at, watch }
    try {
      const response = (await this.#client(this.#baseUrl + path, {
        method,
        headers,
        context,
        signal: deadline.signal,
        ...(body !== undefined && { body: stringifyJson(body) }),
      })) as unknown as Response<Buffer>
      watch.end(response.statusCode)
      return response
    } catch (error) {
      watch.end(deadline.hungUp ? 'aborted' : deadline.passed ? 'timeout' : outcomeOf(error))
      throw deadline.hungUp ? new CallerHungUp() : error
    }
  }

  async #probe(timeoutMs: number): Promise<Response<Buffer>> {
    const options = { retry: { limit: 0 }, timeout: { request: timeoutMs } }
    return (await this.#client(`${this.#baseUrl}/mcp/health`, options)) as unknown as Response<Buffer>
  }
}

function readAnswer(bytes: Buffer): CoreAnswer {
  let value: unknown
  try {
    value = parseJson(bytes.toString('utf8'), { decimals: 'nearest' })
  } catch (error) {
    throw new GatewayError('CORE_CONTRACT_VIOLATION', 'Core’s answer is not JSON.', { cause: error })
  }
  if (isDeeperThan(value, 2 * MAX_JSON_DEPTH)) {
    throw new GatewayError('CORE_CONTRACT_VIOLATION', `Core’s answer nests deeper than ${2 * MAX_JSON_DEPTH} levels.`)
  }
  return { value, bytes }
}
