import { isTrackedEnvelope } from '@trpc/server'
import { onHalfClose } from '../../http/disconnect.ts'
import type { GatewayContext } from '../../http/env.ts'

/** How a surface writes the items of a subscription as server-sent events. */
export interface EventFormat {
  /** Sent first, beside `retry`. */
  readonly opening: string
  readonly ping: string
  toItem(id: string, item: unknown): string
  toStatus(status: string): string
  toFault(error: unknown): string
}

export interface StreamingOptions {
  /** Called with each ping. @throws GatewayError if the caller may no longer read the stream. */
  recheck(c: GatewayContext): Promise<void>
  /** Time between two pings, in milliseconds. */
  pingMs: number
}

export interface EventStreamOptions extends StreamingOptions {
  format: EventFormat
  /** Aborts when the gateway begins to drain. */
  closing: AbortSignal
}

export const PING_MS = 15_000
const RETRY_MS = 2_000
const FIRST_PROBE_MS = 100

const toRetry = (ms: number) => `retry: ${Math.round(ms)}\n\n`

/** Spreads the clients of a gateway that stops over two seconds. */
const toLaterRetry = () => toRetry(RETRY_MS * (0.5 + Math.random()))

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store, no-transform',
  // Makes nginx pass each event on at once.
  'x-accel-buffering': 'no',
}

/**
 * Streams the items of a subscription at the reader's pace. The end of the items without an error means that the client
 * is to resume; an error is the last event.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventStreamWriter {
  readonly #c: GatewayContext
  readonly #options: EventStreamOptions
  readonly #encoder = new TextEncoder()
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #timer: NodeJS.Timeout | undefined
  #probing: NodeJS.Timeout | undefined
  #iterator: AsyncIterator<unknown> | undefined
  #status: string | undefined
  #stopListening: () => void = () => {}

  constructor(c: GatewayContext, options: EventStreamOptions) {
    this.#c = c
    this.#options = options
  }

  /** Bound. Before the stream starts, the last status is kept. */
  readonly sendStatus = (status: string): void => {
    this.#status = status
    this.#send(this.#options.format.toStatus(status))
  }

  /** A `HEAD` gets the headers only. */
  respond(items: AsyncIterable<unknown>): Response {
    this.#iterator = items[Symbol.asyncIterator]()
    if (this.#c.req.method === 'HEAD') {
      void this.#iterator.return?.()
      return new Response(null, { headers: HEADERS })
    }
    const { format, closing, pingMs } = this.#options
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
          this.#send(toRetry(RETRY_MS) + format.opening)
          if (this.#status !== undefined) this.#send(format.toStatus(this.#status))
          this.#timer = setInterval(() => void this.#ping(), pingMs)
          closing.addEventListener('abort', this.#endUnread)
          this.#stopListening = onHalfClose(this.#c, () => this.#probe(FIRST_PROBE_MS))
        },
        pull: () => this.#sendNext(),
        cancel: () => this.#stop(),
      },
      { highWaterMark: 0 },
    )
    return new Response(body, { headers: HEADERS })
  }

  /** Responds with a fault before the first item. */
  respondWithFault(error: unknown): Response {
    const { format } = this.#options
    return new Response(toRetry(RETRY_MS) + format.opening + format.toFault(error), { headers: HEADERS })
  }

  async #sendNext(): Promise<void> {
    try {
      const result = await this.#iterator?.next()
      if (!this.#controller) return
      if (!result || result.done) this.#finish(toLaterRetry())
      else if (isTrackedEnvelope(result.value))
        this.#send(this.#options.format.toItem(result.value[0], result.value[1]))
    } catch (error) {
      this.#fail(error)
    }
  }

  async #ping(): Promise<void> {
    this.#sendPing()
    try {
      await this.#options.recheck(this.#c)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Pings a peer that may be gone, ever more rarely: if it is, its reset ends the stream. */
  #probe(afterMs: number): void {
    this.#sendPing()
    if (afterMs < this.#options.pingMs) this.#probing = setTimeout(() => this.#probe(2 * afterMs), afterMs)
  }

  /** Does nothing while something else waits for the reader. */
  #sendPing(): void {
    if ((this.#controller?.desiredSize ?? 0) >= 0) this.#send(this.#options.format.ping)
  }

  #send(text: string): void {
    this.#controller?.enqueue(this.#encoder.encode(text))
  }

  #fail(error: unknown): void {
    if (this.#controller) this.#finish(this.#options.format.toFault(error))
  }

  #finish(last: string): void {
    const controller = this.#controller
    this.#send(last)
    this.#stop()
    controller?.close()
  }

  #stop(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#probing)
    this.#stopListening()
    this.#options.closing.removeEventListener('abort', this.#endUnread)
    this.#controller = undefined
    void this.#iterator?.return?.()
  }

  /** A reader that does not read must not delay the gateway's end. */
  readonly #endUnread = (): void => {
    const controller = this.#controller
    if (!controller || (controller.desiredSize ?? 0) >= 0) return
    this.#stop()
    controller.error(new Error('the reader did not read before the gateway stopped'))
  }
}
