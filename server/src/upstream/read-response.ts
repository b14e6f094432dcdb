import type { IncomingHttpHeaders } from 'node:http'
import { HTTPError, type Request } from 'got'
import { MAX_RESPONSE_BYTES, ResponseTooLargeError } from './connections.ts'

export interface HttpResponse {
  statusCode: number
  headers: IncomingHttpHeaders
  /** Empty if the body of an error response ended early. */
  body: Buffer
}

/**
 * Reads the response of a got stream, with its retries. got's promises are not used: V8 keeps all objects of such a call
 * until a full garbage collection, which costs a session 20 % more CPU on Node 24 (docs/decisions/032-got-streams.md).
 * @throws RequestError of the last attempt, or ResponseTooLargeError; any error once the signal has aborted
 */
export function readResponse(call: Request, signal: AbortSignal | undefined): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const exchange: Exchange = { attempt: call, resolve, reject }
    signal?.addEventListener('abort', () => exchange.attempt.destroy())
    if (signal?.aborted) call.destroy()
    followAttempt(call, exchange)
  })
}

interface Exchange {
  attempt: Request
  resolve: (response: HttpResponse) => void
  reject: (failure: Error | undefined) => void
}

function followAttempt(attempt: Request, exchange: Exchange): void {
  const chunks: Buffer[] = []
  let failure: Error | undefined
  exchange.attempt = attempt
  attempt
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .once('end', () => {
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
      // `limitResponse` does not abort a body whose excess arrives together with its end.
      if (body && body.length > MAX_RESPONSE_BYTES) exchange.reject(new ResponseTooLargeError('the body is too long'))
      else exchange.resolve(toHttpResponse(attempt.response as HttpResponse, body))
      attempt.destroy()
    })
    .once('retry', (_count, _error, createRetryStream) => followAttempt(createRetryStream(), exchange))
    .on('error', (error: Error) => {
      failure = error
    })
    // Settled on `close`, since the stream may emit `error` before got decides to retry.
    .once('close', () => {
      if (exchange.attempt !== attempt) return
      if (failure instanceof HTTPError) exchange.resolve(toHttpResponse(failure.response, failure.response.rawBody))
      else exchange.reject(failure)
    })
}

const EMPTY = Buffer.alloc(0)

const toHttpResponse = ({ statusCode, headers }: Omit<HttpResponse, 'body'>, body: Buffer = EMPTY): HttpResponse => ({
  statusCode,
  headers,
  body,
})
