import type { OptionsInit } from 'got'
import { GatewayError } from '../errors/gateway-error.ts'
import { type CallOutcome, CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker.ts'
import {
  type AttemptContext,
  type CoreClient,
  type CoreClientOptions,
  createCoreClient,
  getAttemptOutcome,
} from './client.ts'
import { Coalescer, type CoalescerOptions } from './coalescing/coalescer.ts'
import type { BatchSizes } from './coalescing/merged-batch.ts'
import { ConcurrencyLimit, type ConcurrencyLimits, QueueFullError } from './concurrency-limit.ts'
import { CallDeadline, type Deadline } from './deadline.ts'
import { encodeBody } from './encode-body.ts'
import {
  isJson,
  NotJsonError,
  OversizedResponseError,
  parseResponse,
  toFailureError,
  toUpstreamError,
} from './errors.ts'
import type { HttpResponse } from './read-response.ts'
import type { CoreCall, CoreResponse, UpstreamHealth } from './types.ts'

export interface UpstreamOptions
  extends Omit<CoreClientOptions, 'mayRetry' | keyof CoreAddress>,
    ConcurrencyLimits,
    Pick<CoalescerOptions, 'longestWaitMs' | 'inFlightBeforeWaiting' | 'onIndivisible'> {
  core: CoreLocation
  /** Limit for all attempts of a call together, in milliseconds. */
  deadlineMs: number
  /** Whether event batches are merged while calls are in flight. */
  groupForwarding: boolean
  /** Called when the circuit opens (true) and closes (false). */
  onCircuitChange: CircuitBreakerOptions['onChange']
  /** Called for each call that fails because a limit is reached or because the response is not from Core. */
  onRejection: (reason: RejectionReason) => void
}

export type CoreAddress = Pick<CoreClientOptions, 'baseUrl' | 'apiKey'>

/**
 * Core's address, or a function that returns it, called before each call. A promise while Core is starting: calls then
 * wait for it until their deadline.
 */
export type CoreLocation = CoreAddress | (() => CoreAddress | Promise<CoreAddress>)

export type RejectionReason = 'queue_full' | 'response_too_large' | 'response_not_json'

const PROBE_TIMEOUT_MS = 2_000

/** The upstream client: makes all calls to Core. */
export class Upstream implements UpstreamHealth {
  readonly #locate: () => CoreAddress | Promise<CoreAddress>
  readonly #connect: (core: CoreAddress) => CoreClient
  #connected: { core: CoreAddress; client: CoreClient } | undefined
  readonly #deadlineMs: number
  readonly #circuit: CircuitBreaker
  readonly #limit: ConcurrencyLimit
  readonly #coalescer: Coalescer | undefined
  readonly #onRejection: UpstreamOptions['onRejection']
  #lastIngestErrorAt: string | null = null

  constructor(options: UpstreamOptions) {
    const { core } = options
    this.#locate = typeof core === 'function' ? core : () => core
    this.#connect = (core) =>
      createCoreClient({ ...options, ...core, mayRetry: () => !this.degraded && this.#locate() === core })
    this.#deadlineMs = options.deadlineMs
    this.#onRejection = options.onRejection
    this.#limit = new ConcurrencyLimit(options)
    this.#coalescer = options.groupForwarding
      ? new Coalescer({
          ...options,
          send: (call, deadline) => this.#send(call, deadline),
          maxWaiting: options.maxQueued,
        })
      : undefined
    this.#circuit = new CircuitBreaker({
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
    return this.#limit.active
  }

  get callsQueued(): number {
    return this.#limit.queued
  }

  get callsJoining(): number {
    return this.#coalescer?.waiting ?? 0
  }

  /** Takes the batch sizes from Core's valid handshake response. */
  learnSizes(sizes: BatchSizes): void {
    this.#coalescer?.learnSizes(sizes)
  }

  /** @throws GatewayError with the code that the contract's table of errors lists. */
  async call(call: CoreCall): Promise<CoreResponse> {
    const deadline = new CallDeadline(this.#deadlineMs, call.signal)
    try {
      const core = this.#locate()
      if (core instanceof Promise) await untilStarted(core, deadline)
      // Checked first, so that no call waits in a queue while the circuit is open.
      this.#circuit.requireClosed()
      const coalescer = call.carries === 'events' ? this.#coalescer : undefined
      return coalescer ? await coalescer.send(call, deadline) : parseResponse(await this.#send(call, deadline))
    } catch (error) {
      const failed = error instanceof GatewayError && error.retryable && !call.signal?.aborted
      if (failed && call.carries === 'events') this.#lastIngestErrorAt = new Date().toISOString()
      const rejection = toRejectionReason(error)
      if (rejection) this.#onRejection(rejection)
      throw error
    } finally {
      deadline.clear()
    }
  }

  /** Stops the probes of the circuit breaker; in-flight calls continue. */
  stop(): void {
    this.#circuit.stop()
  }

  async #send(call: CoreCall, deadline: Deadline): Promise<Buffer> {
    const response = await this.#sendWithinLimits(call, deadline)
    if (response.statusCode < 200 || response.statusCode > 299) throw toUpstreamError(response)
    return response.body
  }

  async #sendWithinLimits(call: CoreCall, deadline: Deadline): Promise<HttpResponse> {
    try {
      this.#circuit.requireClosed()
      await this.#limit.enter(deadline.signal)
      try {
        return await this.#sendThroughCircuit(call, deadline)
      } finally {
        this.#limit.leave()
      }
    } catch (error) {
      throw toFailureError(error, deadline)
    }
  }

  async #sendThroughCircuit(call: CoreCall, deadline: Deadline): Promise<HttpResponse> {
    const end = this.#circuit.begin(call.headers['x-achilles-client'] ?? '')
    try {
      const response = await this.#request(call, deadline)
      end(classifyStatus(response.statusCode))
      return response
    } catch (error) {
      const failure = toFailureError(error, deadline)
      end(classifyFailure(failure, deadline))
      throw failure
    }
  }

  async #request(call: CoreCall, deadline: Deadline): Promise<HttpResponse> {
    const { method, path, headers, watch } = call
    const context: AttemptContext = { deadlineAt: deadline.at, watch }
    try {
      const options: OptionsInit = { method, headers, context }
      if (call.body !== undefined) options.body = encodeBody(call)
      const response = await this.#callCore(path, options, deadline)
      watch.end(response.statusCode)
      return response
    } catch (error) {
      watch.end(deadline.disconnected ? 'aborted' : deadline.passed ? 'timeout' : getAttemptOutcome(error))
      throw error
    }
  }

  /** A call that got no response from a Core that has ended since is repeated at the Core that replaces it. */
  async #callCore(path: string, options: OptionsInit, deadline: Deadline): Promise<HttpResponse> {
    for (;;) {
      const located = this.#locate()
      const core = located instanceof Promise ? await untilStarted(located, deadline) : located
      try {
        return await this.#clientOf(core)(path, options, deadline.signal)
      } catch (error) {
        if (deadline.signal.aborted || this.#locate() === core) throw error
      }
    }
  }

  #clientOf(core: CoreAddress): CoreClient {
    if (this.#connected?.core !== core) this.#connected = { core, client: this.#connect(core) }
    return this.#connected.client
  }

  /** True for a JSON response below 500: a proxy's page does not show that Core is back. */
  async #probe(timeoutMs: number): Promise<boolean> {
    const { statusCode, body } = await this.#clientOf(await this.#locate())('/mcp/health', {
      retry: { limit: 0 },
      timeout: { request: timeoutMs },
    })
    return statusCode < 500 && isJson(body)
  }
}

/** @throws GatewayError if the deadline passes or the caller disconnects first, or if Core fails to start. */
async function untilStarted(starting: Promise<CoreAddress>, deadline: Deadline): Promise<CoreAddress> {
  const unavailable = (detail: string) =>
    new GatewayError('SERVICE_UNAVAILABLE', detail, { headers: { 'retry-after': '1' } })
  return new Promise<CoreAddress>((resolve, reject) => {
    const onAbort = () =>
      reject(unavailable(deadline.disconnected ? 'The caller disconnected.' : 'Core is still starting.'))
    if (deadline.signal.aborted) onAbort()
    else deadline.signal.addEventListener('abort', onAbort)
    starting.then(resolve, () => reject(unavailable('Core did not start.')))
  })
}

/** Only the statuses that the contract lists count against Core, since a caller's input may cause the others. */
function classifyStatus(status: number): CallOutcome {
  if (status === 500) return 'server-error'
  return status === 502 || status === 503 || status === 504 ? 'failure' : 'success'
}

function classifyFailure(failure: unknown, deadline: Deadline): CallOutcome {
  if (deadline.disconnected || !(failure instanceof GatewayError)) return 'ignored'
  return failure instanceof OversizedResponseError ? 'success' : 'failure'
}

function toRejectionReason(error: unknown): RejectionReason | undefined {
  if (error instanceof QueueFullError) return 'queue_full'
  if (error instanceof OversizedResponseError) return 'response_too_large'
  return error instanceof NotJsonError ? 'response_not_json' : undefined
}
