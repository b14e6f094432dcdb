import type { IncomingHttpHeaders } from 'node:http'
import { HTTPError, type Request } from 'got'
import type { CallSignal } from '../call-signal.ts'
import { MAX_RESPONSE_BYTES, ResponseTooLargeError } from './connections.ts'

/** What Core answered, whatever its status. */
export interface CoreResponse {
  statusCode: number
  headers: IncomingHttpHeaders
  /** Empty where a refusal's broke off. */
  body: Buffer
}

/**
 * The answer to a call that got makes as a stream, its retries included. Not as got's promise: of a call made so, V8 holds
 * all that it made until a full garbage collection, and copies it twice before.
 * @param signal ends the call
 * @throws RequestError of the last attempt, or ResponseTooLargeError; anything once the signal has aborted
 */
export function responseTo(call: Request, signal: CallSignal | undefined): Promise<CoreResponse> {
  return new Promise((resolve, reject) => {
    const exchange: Exchange = { attempt: call, resolve, reject }
    signal?.addEventListener('abort', () => exchange.attempt.destroy())
    if (signal?.aborted) call.destroy()
    follow(call, exchange)
  })
}

/** A call and whoever waits for its answer. */
interface Exchange {
  /** The one under way. */
  attempt: Request
  resolve: (response: CoreResponse) => void
  reject: (failure: Error | undefined) => void
}

function follow(attempt: Request, exchange: Exchange): void {
  const chunks: Buffer[] = []
  let failure: Error | undefined
  exchange.attempt = attempt
  attempt
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .once('end', () => {
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
      // Where its last bytes came at once with its end, there was no connection left to break off.
      if (body && body.length > MAX_RESPONSE_BYTES) exchange.reject(new ResponseTooLargeError('a long body'))
      else exchange.resolve(responseOf(attempt.response as CoreResponse, body))
      attempt.destroy()
    })
    .once('retry', (_count, _error, createRetryStream) => follow(createRetryStream(), exchange))
    .on('error', (error: Error) => {
      failure = error
    })
    // Only then: Node may tell a stream of an error before got decides on a retry.
    .once('close', () => {
      if (exchange.attempt !== attempt) return
      if (failure instanceof HTTPError) exchange.resolve(responseOf(failure.response, failure.response.rawBody))
      else exchange.reject(failure)
    })
}

const EMPTY = Buffer.alloc(0)

const responseOf = ({ statusCode, headers }: Omit<CoreResponse, 'body'>, body: Buffer = EMPTY): CoreResponse => ({
  statusCode,
  headers,
  body,
})
