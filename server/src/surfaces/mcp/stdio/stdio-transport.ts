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
import { GatewayError } from '../../../errors/gateway-error.ts'
import { limitJsonTokens } from '../../../http/limit-json-tokens.ts'
import { encodeMessage, omitNullParams } from '../encode-message.ts'

const BATCH_REVISION = '2025-03-26'
/** The SDK's own limit over HTTP. */
const MAX_BATCH_SIZE = 100
const NO_MESSAGE = 'not a JSON-RPC message'

interface Batch {
  ids: Set<RequestId>
  waiting: Set<RequestId>
  responses: string[]
}

/** Further requests wait in the pipe. */
const MAX_IN_FLIGHT = 256
/** Bytes that may wait for the reader of the output. Above that, reading from the input pauses. */
const MAX_UNREAD_BYTES = 2 ** 20

export type StdioFault = 'line_too_long' | 'output_stalled'

export interface StdioTransportOptions {
  input: Readable
  output: Writable
  maxMessageBytes: number
  /** Also called when the output is broken. */
  onInputEnd: () => void
  onFault: (fault: StdioFault) => void
}

/**
 * Reads and writes one message per line, or a batch in revision 2025-03-26. Replaces the SDK's transport, which rounds
 * large numbers and drops in-flight requests when its input ends.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
export class StdioTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  readonly #options: StdioTransportOptions
  /** Requests without a response yet, and the batch of each. */
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
        this.#reject(ProtocolErrorCode.InvalidRequest, `a message may have at most ${maxMessageBytes} bytes`)
      },
    })
    input.once('end', onInputEnd).once('error', onInputEnd)
    // The reader is gone: no response can be sent.
    output.on('error', () => {
      this.#inFlight.clear()
      this.#onIdle()
      onInputEnd()
    })
  }

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

  /** Resolves to false if in-flight requests took longer than `graceMs`. */
  async finish(graceMs: number): Promise<boolean> {
    this.#isStopped = true
    this.#stopReading()
    if (this.#inFlight.size === 0) return true
    const completed = new Promise<boolean>((resolve) => {
      this.#onIdle = () => resolve(true)
      setTimeout(() => resolve(false), graceMs).unref()
    })
    return completed
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
      if (error instanceof GatewayError) this.#reject(ProtocolErrorCode.InvalidRequest, error.message)
      else this.#reject(ProtocolErrorCode.ParseError, 'the line is not JSON')
      return
    }
    if (Array.isArray(value)) this.#receiveBatch(value)
    else this.#receiveMessage(value)
  }

  #receiveMessage(value: unknown): void {
    const message = toMessage(value)
    if (!message) {
      this.#reject(ProtocolErrorCode.InvalidRequest, NO_MESSAGE, getEchoableId(value))
      return
    }
    // A batch may follow before the server confirms the revision.
    if (isInitializeRequest(message)) this.#revision = message.params.protocolVersion
    if (isJSONRPCRequest(message)) this.#inFlight.set(message.id, undefined)
    this.#readIfRoom()
    this.#deliver(message)
  }

  #receiveBatch(values: readonly unknown[]): void {
    const fault = this.#findBatchFault(values)
    if (fault !== undefined) {
      this.#reject(ProtocolErrorCode.InvalidRequest, fault)
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
    if (this.#revision !== BATCH_REVISION) return `batches are only supported in revision ${BATCH_REVISION}`
    if (values.length === 0) return 'a batch must not be empty'
    if (values.length > MAX_BATCH_SIZE) return `a batch may hold at most ${MAX_BATCH_SIZE} messages`
    const ids = values.map(getEchoableId).filter((id) => id !== null)
    if (new Set(ids).size < ids.length) return 'two requests of a batch have the same id'
    return undefined
  }

  #deliver(message: JSONRPCMessage): void {
    // A cancelled request gets no response.
    if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled') {
      const id = message.params?.requestId as RequestId
      const batch = this.#inFlight.get(id)
      if (batch) void this.#completeInBatch(batch, id)
      else this.#settle(id)
    }
    this.onmessage?.(message)
  }

  /** @param text undefined if the request was cancelled */
  async #completeInBatch(batch: Batch, id: RequestId, text?: string): Promise<void> {
    if (!batch.waiting.delete(id)) return
    if (text !== undefined) batch.responses.push(text)
    if (batch.waiting.size === 0) await this.#finishBatch(batch)
  }

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

  #reject(code: ProtocolErrorCode, message: string, id: RequestId | null = null): void {
    void this.#write(encodeError(code, message, id))
  }

  #settle(id: RequestId): void {
    this.#inFlight.delete(id)
    this.#readIfRoom()
    if (this.#inFlight.size === 0) this.#onIdle()
  }

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

/** Null if the message is not a request or its id is not valid. */
function getEchoableId(value: unknown): RequestId | null {
  if (!isPlainObject(value) || typeof value.method !== 'string') return null
  return typeof value.id === 'string' || typeof value.id === 'number' ? value.id : null
}

const encodeError = (code: ProtocolErrorCode, message: string, id: RequestId | null) =>
  JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id })

interface LineListener {
  onLine(line: string): void
  /** Called once for each line that exceeds the limit; the line is discarded. */
  onTooLong(): void
}

const NEWLINE = 0x0a
const FIRST_CAPACITY = 4_096

/** Reads UTF-8 lines. Returns a function that stops reading. */
export function readLines(input: Readable, maxBytes: number, { onLine, onTooLong }: LineListener): () => void {
  // One growing buffer: if a line arrives byte by byte, an array of chunks takes far more memory.
  let buffer = Buffer.alloc(0)
  let size = 0
  let isTooLong = false

  function take(piece: Buffer): void {
    if (isTooLong) return
    const needed = size + piece.length
    if (needed > maxBytes) {
      isTooLong = true
      buffer = Buffer.alloc(0)
      onTooLong()
      return
    }
    if (needed > buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(FIRST_CAPACITY, 2 * needed)))
      buffer.copy(larger, 0, 0, size)
      buffer = larger
    }
    piece.copy(buffer, size)
    size = needed
  }

  function endLine(): void {
    const line = isTooLong ? '' : buffer.toString('utf8', 0, size).trim()
    if (buffer.length > FIRST_CAPACITY) buffer = Buffer.alloc(0)
    size = 0
    isTooLong = false
    if (line) onLine(line)
  }

  function onData(chunk: Buffer): void {
    let begin = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, begin)) {
      take(chunk.subarray(begin, end))
      endLine()
      begin = end + 1
    }
    take(chunk.subarray(begin))
  }

  input.on('data', onData).once('end', endLine)
  return () => {
    input.off('data', onData).off('end', endLine).pause()
  }
}
