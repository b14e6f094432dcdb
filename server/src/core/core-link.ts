import type { OptionsInit } from 'got'
import { GatewayError } from '../problem/gateway-error.ts'
import { bytesOf } from './bytes-of.ts'
import { type CallOutcome, Circuit, type CircuitOptions } from './circuit.ts'
import type { CoreAnswer, CoreCall } from './core-call.ts'
import {
  type CallContext,
  type CoreClient,
  type CoreClientOptions,
  createCoreClient,
  outcomeOf,
} from './core-client.ts'
import { answerError, failureError, isJson, NotJsonError, OversizedResponseError } from './core-error.ts'
import type { CoreResponse } from './core-response.ts'
import { CallDeadline, type Deadline } from './deadline.ts'
import type { BatchSizes } from './event-group.ts'
import { EventGroups, type EventGroupsOptions } from './event-groups.ts'
import { InFlight, type InFlightLimits, QueueFullError } from './in-flight.ts'
import type { LinkHealth } from './link-health.ts'
import { readAnswer } from './read-answer.ts'

export interface CoreLinkOptions
  extends Omit<CoreClientOptions, 'mayRetry' | keyof CoreAddress>,
    InFlightLimits,
    Pick<EventGroupsOptions, 'longestWaitMs' | 'callsPerLane' | 'onIndivisible'> {
  /** Where Core is; a promise where it is still starting: calls then wait for it as long as their deadline allows. */
  core: CoreAddress | Promise<CoreAddress>
  /** What all attempts together may take, in milliseconds. */
  deadlineMs: number
  /** Whether event batches are joined while calls are under way. */
  groupForwarding: boolean
  /** Told when the circuit to Core opens (true) and closes (false). */
  onCircuitChange: CircuitOptions['onChange']
  /** Called for each call that ends because a limit is reached, or because it is not Core that responds. */
  onRejection: (reason: RejectionReason) => void
}

type CoreAddress = Pick<CoreClientOptions, 'baseUrl' | 'apiKey'>

export type RejectionReason = 'queue_full' | 'response_too_large' | 'response_not_json'

const PROBE_TIMEOUT_MS = 2_000

/** The only door to Core: one call in, one answer or one `GatewayError` out. */
export class CoreLink implements LinkHealth {
  #client: CoreClient = () => Promise.reject(new Error('Core is still starting'))
  /** Resolves once calls can be made; absent from then on. */
  #starting: Promise<void> | undefined
  readonly #deadlineMs: number
  readonly #circuit: Circuit
  readonly #inFlight: InFlight
  readonly #groups: EventGroups | undefined
  readonly #onRejection: CoreLinkOptions['onRejection']
  #lastIngestErrorAt: string | null = null

  constructor(options: CoreLinkOptions) {
    const open = (core: CoreAddress) => {
      this.#client = createCoreClient({ ...options, ...core, mayRetry: () => !this.degraded })
      this.#starting = undefined
    }
    if (options.core instanceof Promise) {
      this.#starting = options.core.then(open)
      // Without a call in flight nobody here needs to know: whoever starts Core does.
      this.#starting.catch(() => {})
    } else open(options.core)
    this.#deadlineMs = options.deadlineMs
    this.#onRejection = options.onRejection
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
      if (this.#starting) await untilStarted(this.#starting, deadline)
      // Asked before anything else: while Core fails nobody waits for a place.
      this.#circuit.requireClosed()
      const groups = call.carries === 'events' ? this.#groups : undefined
      return groups ? await groups.call(call, deadline) : readAnswer(await this.#send(call, deadline))
    } catch (error) {
      const failed = error instanceof GatewayError && error.retryable && !call.signal?.aborted
      if (failed && call.carries === 'events') this.#lastIngestErrorAt = new Date().toISOString()
      const rejection = rejectionReason(error)
      if (rejection) this.#onRejection(rejection)
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
        return await this.#counted(call, deadline)
      } finally {
        this.#inFlight.leave()
      }
    } catch (error) {
      throw failureError(error, deadline)
    }
  }

  /** Makes the call and lets the circuit know how it ended. */
  async #counted(call: CoreCall, deadline: Deadline): Promise<CoreResponse> {
    const end = this.#circuit.begin(call.headers['x-achilles-client'] ?? '')
    try {
      const response = await this.#attempts(call, deadline)
      end(outcomeOfStatus(response.statusCode))
      return response
    } catch (error) {
      const failure = failureError(error, deadline)
      end(outcomeOfFailure(failure, deadline))
      throw failure
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
      throw error
    }
  }

  /** Whether Core itself responds: a proxy's page is no sign of it, and 500 and above none of its health. */
  async #probe(timeoutMs: number): Promise<boolean> {
    const { statusCode, body } = await this.#client('/mcp/health', {
      retry: { limit: 0 },
      timeout: { request: timeoutMs },
    })
    return statusCode < 500 && isJson(body)
  }
}

/** @throws GatewayError where the deadline passes or the caller disconnects before, or where Core did not start. */
async function untilStarted(starting: Promise<void>, deadline: Deadline): Promise<void> {
  const unavailable = (detail: string) =>
    new GatewayError('SERVICE_UNAVAILABLE', detail, { headers: { 'retry-after': '1' } })
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => reject(unavailable(deadline.hungUp ? 'The caller hung up.' : 'Core is still starting.'))
    if (deadline.signal.aborted) onAbort()
    else deadline.signal.addEventListener('abort', onAbort)
    starting.then(resolve, () => reject(unavailable('Core did not start.')))
  })
}

/** Only what the contract lists counts against Core: one caller's input may cause any other status. */
function outcomeOfStatus(status: number): CallOutcome {
  if (status === 500) return 'server-error'
  return status === 502 || status === 503 || status === 504 ? 'failure' : 'success'
}

function outcomeOfFailure(failure: unknown, deadline: Deadline): CallOutcome {
  if (deadline.hungUp || !(failure instanceof GatewayError)) return 'ignored'
  return failure instanceof OversizedResponseError ? 'success' : 'failure'
}

function rejectionReason(error: unknown): RejectionReason | undefined {
  if (error instanceof QueueFullError) return 'queue_full'
  if (error instanceof OversizedResponseError) return 'response_too_large'
  return error instanceof NotJsonError ? 'response_not_json' : undefined
}
