import { httpSubscriptionLink, TRPCUntypedClient } from '@trpc/client'
import type { TRPCCombinedDataTransformer } from '@trpc/server'
import { EventSource } from 'eventsource'
import { type GatewayError, isReportedByGateway, toGatewayError } from '../gateway-error.ts'
import { type Backoff, backoffMs } from '../retry.ts'
import type { GatewayRouter } from '../router.ts'
import { startTimer } from '../timers.ts'
import { createStreamFetch, type StreamConnection } from './stream-fetch.ts'

/** An item with its id, which a new connection resumes after. */
export interface TrackedItem {
  id: string
  data: unknown
}

export interface SubscriptionOptions {
  path: string
  input: object
  connection: StreamConnection
  transformer: TRPCCombinedDataTransformer
  onItem(item: TrackedItem): void
  /** Called at most once: no retry helps. */
  onFailure(error: GatewayError): void
}

const BACKOFF: Backoff = { firstMs: 1_000, maxMs: 15_000 }

/** As long as the gateway, or a proxy, may ask for. */
const MAX_RETRY_AFTER_MS = 60_000

const MAX_REMEMBERED = 1_000

/**
 * Keeps a subscription open: after a failure it connects again, and resumes after the last item. Items that the gateway
 * sends again are left out.
 */
export class ResumingSubscription {
  readonly #options: SubscriptionOptions
  readonly #remembered = new Set<string>()
  #lastEventId: string | undefined
  #failures = 0
  #disconnect: (() => void) | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(options: SubscriptionOptions) {
    this.#options = options
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Connects, unless it is connected. */
  connect(): void {
    if (this.#isClosed || this.#disconnect) return
    clearTimeout(this.#timer)
    const { path, input, connection, transformer } = this.#options
    let isCurrent = true
    const onFailure = (error: GatewayError) => {
      if (!isCurrent) return
      this.disconnect()
      this.#fail(error)
    }
    const link = httpSubscriptionLink<GatewayRouter, typeof EventSource>({
      url: 'http://gateway.invalid/trpc',
      transformer,
      EventSource,
      eventSourceOptions: { fetch: createStreamFetch(connection, onFailure) },
    })
    const lastEventId = this.#lastEventId
    const subscription = new TRPCUntypedClient<GatewayRouter>({ links: [link] }).subscription(
      path,
      { ...input, ...(lastEventId !== undefined && { lastEventId }) },
      {
        onData: (item) => this.#receive(item as TrackedItem),
        onError: (error) => onFailure(toGatewayError(error)),
        // The link would connect again, also if no retry helps.
        onConnectionStateChange({ error }) {
          const problem = error && toGatewayError(error)
          if (problem && isReportedByGateway(problem)) onFailure(problem)
        },
        onComplete: () => onFailure(toGatewayError(new Error('the stream ended'))),
      },
    )
    this.#disconnect = () => {
      isCurrent = false
      subscription.unsubscribe()
    }
  }

  /** `connect` resumes. */
  disconnect(): void {
    clearTimeout(this.#timer)
    this.#disconnect?.()
    this.#disconnect = undefined
  }

  close(): void {
    this.#isClosed = true
    this.disconnect()
  }

  #receive(item: TrackedItem): void {
    this.#failures = 0
    this.#lastEventId = item.id
    if (this.#remembered.has(item.id)) return
    this.#remembered.add(item.id)
    if (this.#remembered.size > MAX_REMEMBERED) {
      const [oldest = ''] = this.#remembered
      this.#remembered.delete(oldest)
    }
    this.#options.onItem(item)
  }

  #fail(error: GatewayError): void {
    if (this.#isClosed) return
    if (!error.data.retryable) {
      this.#isClosed = true
      this.#options.onFailure(error)
      return
    }
    this.#failures++
    const asked = Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)
    this.#timer = startTimer(() => this.connect(), Math.max(asked, backoffMs(this.#failures, BACKOFF)))
  }
}
