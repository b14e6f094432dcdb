import type { OptionsInit } from 'got'
import { GatewayError } from '../problem/gateway-error.ts'
import { bytesOf } from './bytes-of.ts'
import { Circuit, type CircuitOptions } from './circuit.ts'
import type { CoreAnswer, CoreCall } from './core-call.ts'
import {
  type CallContext,
  type CoreClient,
  type CoreClientOptions,
  createCoreClient,
  outcomeOf,
} from './core-client.ts'
import { answerError, CallerHungUp, failureError } from './core-error.ts'
import type { CoreResponse } from './core-response.ts'
import { CallDeadline, type Deadline } from './deadline.ts'
import type { BatchSizes } from './event-group.ts'
import { EventGroups, type EventGroupsOptions } from './event-groups.ts'
import { InFlight, type InFlightLimits } from './in-flight.ts'
import type { LinkHealth } from './link-health.ts'
import { readAnswer } from './read-answer.ts'

export interface CoreLinkOptions
  extends Omit<CoreClientOptions, 'mayRetry'>,
    InFlightLimits,
    Pick<EventGroupsOptions, 'longestWaitMs' | 'callsPerLane' | 'onIndivisible'> {
  /** What all attempts together may take, in milliseconds. */
  deadlineMs: number
  /** Whether event batches are joined while calls are under way. */
  groupForwarding: boolean
  /** Told when the circuit to Core opens (true) and closes (false). */
  onCircuitChange: CircuitOptions['onChange']
}

const PROBE_TIMEOUT_MS = 2_000

/** The only door to Core: one call in, one answer or one `GatewayError` out. */
export class CoreLink implements LinkHealth {
  readonly #client: CoreClient
  readonly #deadlineMs: number
  readonly #circuit: Circuit
  readonly #inFlight: InFlight
  readonly #groups: EventGroups | undefined
  #lastIngestErrorAt: string | null = null

  constructor(options: CoreLinkOptions) {
    this.#client = createCoreClient({ ...options, mayRetry: () => !this.degraded })
    this.#deadlineMs = options.deadlineMs
    this.#inFlight = new InFlight(options)
    this.#groups = options.groupForwarding
      ? new EventGroups({
          ...options,
          send: (call, deadline) => this.#send(call, deadline),
          maxWaiting: options.maxQueued,
        })
      : undefined
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

  get callsJoining(): number {
    return this.#groups?.waiting ?? 0
  }

  /** What Core said in a handshake that passed. */
  learnSizes(sizes: BatchSizes): void {
    this.#groups?.learnSizes(sizes)
  }

  /** @throws GatewayError as the contract's table of errors says. */
  async call(call: CoreCall): Promise<CoreAnswer> {
    const deadline = new CallDeadline(this.#deadlineMs, call.signal)
    try {
      // Asked before anything else: while Core fails nobody waits for a place.
      this.#circuit.requireClosed()
      const groups = call.carries === 'events' ? this.#groups : undefined
      return groups ? await groups.call(call, deadline) : readAnswer(await this.#send(call, deadline))
    } catch (error) {
      const failed = error instanceof GatewayError && error.retryable && !call.signal?.aborted
      if (failed && call.carries === 'events') this.#lastIngestErrorAt = new Date().toISOString()
      throw error
    } finally {
      deadline.clear()
    }
  }

  /** Ends what the link does by itself; calls under way go on. */
  stop(): void {
    this.#circuit.stop()
  }

  async #send(call: CoreCall, deadline: Deadline): Promise<Buffer> {
    const response = await this.#answered(call, deadline)
    if (response.statusCode < 200 || response.statusCode > 299) throw answerError(response)
    return response.body
  }

  async #answered(call: CoreCall, deadline: Deadline): Promise<CoreResponse> {
    try {
      this.#circuit.requireClosed()
      await this.#inFlight.enter(deadline.signal)
      try {
        return await this.#circuit.run(() => this.#attempts(call, deadline))
      } finally {
        this.#inFlight.leave()
      }
    } catch (error) {
      throw failureError(error, deadline)
    }
  }

  async #attempts(call: CoreCall, deadline: Deadline): Promise<CoreResponse> {
    const { method, path, headers, watch } = call
    const context: CallContext = { deadlineAt: deadline.at, watch }
    try {
      const options: OptionsInit = { method, headers, context }
      if (call.body !== undefined) options.body = bytesOf(call)
      const response = await this.#client(path, options, deadline.signal)
      watch.end(response.statusCode)
      return response
    } catch (error) {
      watch.end(deadline.hungUp ? 'aborted' : deadline.passed ? 'timeout' : outcomeOf(error))
      throw deadline.hungUp ? new CallerHungUp() : error
    }
  }

  #probe(timeoutMs: number): Promise<CoreResponse> {
    return this.#client('/mcp/health', { retry: { limit: 0 }, timeout: { request: timeoutMs } })
  }
}
