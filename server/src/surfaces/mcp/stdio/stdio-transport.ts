import type { Readable, Writable } from 'node:stream'
import { parseJson } from '@achilles/mcp-contract'
import {
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
import { readLines } from './line-reader.ts'

/** Where a `StdioTransport` reads and writes. */
export interface StdioTransportOptions {
  input: Readable
  output: Writable
  /** The longest message that is taken, in bytes. */
  maxMessageBytes: number
  /** The reader's end of the input: no more will come. */
  onInputEnd: () => void
}

/**
 * One JSON-RPC message a line. Not the SDK's, which rounds large numbers and forgets requests in flight when its input
 * ends.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
export class StdioTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  readonly #options: StdioTransportOptions
  readonly #inFlight = new Set<RequestId>()
  #stopReading = () => {}
  #onIdle = () => {}
  #closed = false

  constructor(options: StdioTransportOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { input, output, maxMessageBytes, onInputEnd } = this.#options
    this.#stopReading = readLines(input, maxMessageBytes, {
      onLine: (line) => this.#receive(line),
      onTooLong: () =>
        this.#refuse(ProtocolErrorCode.InvalidRequest, `a message may have at most ${maxMessageBytes} bytes`),
    })
    input.once('end', onInputEnd).once('error', onInputEnd)
    // The reader is gone: nothing can be answered any more.
    output.on('error', () => {
      this.#inFlight.clear()
      this.#onIdle()
      onInputEnd()
    })
  }

  send(message: JSONRPCMessage): Promise<void> {
    return new Promise((resolve) => {
      this.#options.output.write(`${encodeMessage(message)}\n`, () => {
        if ('id' in message && !('method' in message) && message.id !== undefined) this.#settle(message.id)
        resolve()
      })
    })
  }

  /** Reads no more; resolves once what was asked is answered: true, or false where that took longer than `graceMs`. */
  async finish(graceMs: number): Promise<boolean> {
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
    this.#stopReading()
    this.onclose?.()
  }

  #receive(line: string): void {
    let value: unknown
    try {
      value = parseJson(limitJsonTokens(line))
    } catch (error) {
      if (error instanceof GatewayError) this.#refuse(ProtocolErrorCode.InvalidRequest, error.message)
      else this.#refuse(ProtocolErrorCode.ParseError, 'the line is not JSON')
      return
    }
    let message: JSONRPCMessage
    try {
      message = parseJSONRPCMessage(value)
    } catch {
      this.#refuse(ProtocolErrorCode.InvalidRequest, 'this is not a JSON-RPC message')
      return
    }
    if (isJSONRPCRequest(message)) this.#inFlight.add(message.id)
    // What is cancelled is not answered.
    else if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled') {
      this.#settle(message.params?.requestId as RequestId)
    }
    this.onmessage?.(message)
  }

  #refuse(code: ProtocolErrorCode, message: string): void {
    this.#options.output.write(`${JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null })}\n`)
  }

  #settle(id: RequestId): void {
    this.#inFlight.delete(id)
    if (this.#inFlight.size === 0) this.#onIdle()
  }
}
