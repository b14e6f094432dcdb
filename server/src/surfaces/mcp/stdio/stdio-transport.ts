import type { Readable, Writable } from 'node:stream'
import { isPlainObject, parseJson } from '@achilles/mcp-contract'
import {
  isInitializeRequest,
  isJSONRPCNotification,
  isJSONRPCRequest,
  type JSONRPCMessage,
  ProtocolErrorCode,
  parseJSONRPCMessage,
  type RequestId,
  type Transport,
} from '@modelcontextprotocol/server'
import { limitJsonTokens } from '../../../gate/limit-json-tokens.ts'
import { GatewayError } from '../../../problem/gateway-error.ts'
import { encodeMessage } from '../encode-message.ts'
import { omitNullParams } from '../omit-null-params.ts'
import { readLines } from './line-reader.ts'

/** The only revision with batches. */
const BATCH_REVISION = '2025-03-26'
/** As many as the SDK takes over HTTP. */
const MAX_BATCH_SIZE = 100
const NO_MESSAGE = 'this is not a JSON-RPC message'

/** A batch whose responses are collected, since they go out as one array. */
interface Batch {
  ids: Set<RequestId>
  /** Those without a response. */
  waiting: Set<RequestId>
  responses: string[]
}

/** Requests that are answered at a time; more wait in the pipe. */
const MAX_IN_FLIGHT = 256
/** What may wait for the reader, in bytes; until it has read on, nothing more is read from it. */
const MAX_UNREAD_BYTES = 8 * 2 ** 20

/** What the process at the other end does that ends at a limit. */
export type StdioFault = 'line_too_long' | 'output_stalled'

/** Where a `StdioTransport` reads and writes. */
export interface StdioTransportOptions {
  input: Readable
  output: Writable
  /** The longest message that is taken, in bytes. */
  maxMessageBytes: number
  /** The reader's end of the input: no more will come. */
  onInputEnd: () => void
  onFault: (fault: StdioFault) => void
}

/**
 * One JSON-RPC message a line, or with a client of 2025-03-26 a batch of them. Not the SDK's, which rounds large numbers
 * and forgets requests in flight when its input ends.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
export class StdioTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  readonly #options: StdioTransportOptions
  /** Requests without a response yet, each with the batch that it is part of. */
  readonly #inFlight = new Map<RequestId, Batch | undefined>()
  #revision: string | undefined
  #stopReading = () => {}
  #onIdle = () => {}
  #closed = false
  #isStopped = false
  #isStalled = false

  constructor(options: StdioTransportOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { input, output, maxMessageBytes, onInputEnd } = this.#options
    this.#stopReading = readLines(input, maxMessageBytes, {
      onLine: (line) => this.#receive(line),
      onTooLong: () => {
        this.#options.onFault('line_too_long')
        this.#refuse(ProtocolErrorCode.InvalidRequest, `a message may have at most ${maxMessageBytes} bytes`)
      },
    })
    input.once('end', onInputEnd).once('error', onInputEnd)
    // The reader is gone: nothing can be answered any more.
    output.on('error', () => {
      this.#inFlight.clear()
      this.#onIdle()
      onInputEnd()
    })
  }

  /** The revision that was agreed on. */
  setProtocolVersion(version: string): void {
    this.#revision = version
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const text = encodeMessage(message)
    const id = 'id' in message && !('method' in message) ? message.id : undefined
    if (id === undefined) return this.#write(text)
    const batch = this.#inFlight.get(id)
    if (batch) return this.#completeInBatch(batch, id, text)
    await this.#write(text)
    this.#settle(id)
  }

  /** Reads no more; resolves once what was asked is answered: true, or false where that took longer than `graceMs`. */
  async finish(graceMs: number): Promise<boolean> {
    this.#isStopped = true
    this.#stopReading()
    if (this.#inFlight.size === 0) return true
    const answered = new Promise<boolean>((resolve) => {
      this.#onIdle = () => resolve(true)
      setTimeout(() => resolve(false), graceMs).unref()
    })
    return answered
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#isStopped = true
    this.#stopReading()
    this.onclose?.()
  }

  #receive(line: string): void {
    let value: unknown
    try {
      value = omitNullParams(parseJson(limitJsonTokens(line)))
    } catch (error) {
      if (error instanceof GatewayError) this.#refuse(ProtocolErrorCode.InvalidRequest, error.message)
      else this.#refuse(ProtocolErrorCode.ParseError, 'the line is not JSON')
      return
    }
    if (Array.isArray(value)) this.#receiveBatch(value)
    else this.#receiveMessage(value)
  }

  #receiveMessage(value: unknown): void {
    const message = toMessage(value)
    if (!message) {
      this.#refuse(ProtocolErrorCode.InvalidRequest, NO_MESSAGE, getEchoableId(value))
      return
    }
    // A batch may follow before the server has agreed on the revision: it agrees on one that it knows.
    if (isInitializeRequest(message)) this.#revision = message.params.protocolVersion
    if (isJSONRPCRequest(message)) this.#inFlight.set(message.id, undefined)
    this.#readIfRoom()
    this.#deliver(message)
  }

  #receiveBatch(values: readonly unknown[]): void {
    const fault = this.#findBatchFault(values)
    if (fault !== undefined) {
      this.#refuse(ProtocolErrorCode.InvalidRequest, fault)
      return
    }
    const batch: Batch = { ids: new Set(), waiting: new Set(), responses: [] }
    const messages: JSONRPCMessage[] = []
    for (const value of values) {
      const message = toMessage(value)
      if (!message || isInitialize(message)) {
        const reason = message ? 'initialize must not be part of a batch' : NO_MESSAGE
        batch.responses.push(encodeError(ProtocolErrorCode.InvalidRequest, reason, getEchoableId(value)))
        continue
      }
      messages.push(message)
      if (!isJSONRPCRequest(message)) continue
      batch.ids.add(message.id)
      batch.waiting.add(message.id)
      this.#inFlight.set(message.id, batch)
    }
    this.#readIfRoom()
    if (batch.waiting.size === 0) void this.#finishBatch(batch)
    for (const message of messages) this.#deliver(message)
  }

  #findBatchFault(values: readonly unknown[]): string | undefined {
    if (this.#revision !== BATCH_REVISION) return `batches are part of the revision ${BATCH_REVISION} alone`
    if (values.length === 0) return 'a batch must hold a message'
    if (values.length > MAX_BATCH_SIZE) return `a batch may hold at most ${MAX_BATCH_SIZE} messages`
    const ids = values.map(getEchoableId).filter((id) => id !== null)
    if (new Set(ids).size < ids.length) return 'two requests of a batch have the same id'
    return undefined
  }

  #deliver(message: JSONRPCMessage): void {
    // What is cancelled is not answered.
    if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled') {
      const id = message.params?.requestId as RequestId
      const batch = this.#inFlight.get(id)
      if (batch) void this.#completeInBatch(batch, id)
      else this.#settle(id)
    }
    this.onmessage?.(message)
  }

  /** @param text the response; absent for a request that was cancelled */
  async #completeInBatch(batch: Batch, id: RequestId, text?: string): Promise<void> {
    if (!batch.waiting.delete(id)) return
    if (text !== undefined) batch.responses.push(text)
    if (batch.waiting.size === 0) await this.#finishBatch(batch)
  }

  /** Writes the responses of a batch as one array; there is none where only notifications came. */
  async #finishBatch({ ids, responses }: Batch): Promise<void> {
    if (responses.length > 0) await this.#write(`[${responses.join()}]`)
    for (const id of ids) this.#settle(id)
  }

  #write(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#options.output.write(`${text}\n`, () => {
        this.#readIfRoom()
        resolve()
      })
      this.#readIfRoom()
    })
  }

  #refuse(code: ProtocolErrorCode, message: string, id: RequestId | null = null): void {
    void this.#write(encodeError(code, message, id))
  }

  #settle(id: RequestId): void {
    this.#inFlight.delete(id)
    this.#readIfRoom()
    if (this.#inFlight.size === 0) this.#onIdle()
  }

  /** Reads on, or leaves what comes in the pipe while the reader at the other end is behind. */
  #readIfRoom(): void {
    const { input, output, onFault } = this.#options
    if (this.#isStopped) return
    const isStalled = output.writableLength > MAX_UNREAD_BYTES
    if (isStalled && !this.#isStalled) onFault('output_stalled')
    this.#isStalled = isStalled
    if (isStalled || this.#inFlight.size >= MAX_IN_FLIGHT) input.pause()
    else if (input.isPaused()) input.resume()
  }
}

function toMessage(value: unknown): JSONRPCMessage | undefined {
  try {
    return parseJSONRPCMessage(value)
  } catch {
    return undefined
  }
}

const isInitialize = (message: JSONRPCMessage) => 'method' in message && message.method === 'initialize'

/** The id to answer a faulty request with; null for what is no request, or has no id that JSON-RPC knows. */
function getEchoableId(value: unknown): RequestId | null {
  if (!isPlainObject(value) || typeof value.method !== 'string') return null
  return typeof value.id === 'string' || typeof value.id === 'number' ? value.id : null
}

const encodeError = (code: ProtocolErrorCode, message: string, id: RequestId | null) =>
  JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id })
