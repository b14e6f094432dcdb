import { type LookupAddress, lookup } from 'node:dns'
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { urlToHttpOptions } from 'node:url'

/** The largest response body that is read, in bytes. */
export const MAX_RESPONSE_BYTES = 32 * 2 ** 20
/** The most 1xx responses that are read before the final one. */
const MAX_INFORMATIONAL = 100
/** Idle connections are closed after this time; proxies and servers usually close theirs after a minute or more. */
const IDLE_MS = 30_000

export class ResponseTooLargeError extends Error {
  override readonly name = 'ResponseTooLargeError'
}

/** True for a `ResponseTooLargeError`, also if got has wrapped it. */
export const isTooLarge = (error: unknown): boolean =>
  error instanceof ResponseTooLargeError || (error instanceof Error && error.cause instanceof ResponseTooLargeError)

export interface ConnectionRequest {
  path: string
  method: string
  headers: RequestOptions['headers']
  /** Opens a new connection for this request, since all pooled ones may be dead. */
  isFresh: boolean
}

export interface Connections {
  /** Starts a request whose response is read up to the limits above. */
  request(options: ConnectionRequest): ClientRequest
  closeIdle(): void
}

/** Keep-alive connections to the host of `base`; the concurrency limit also limits their number. */
export function openConnections(base: URL): Connections {
  const { protocol, hostname, port } = urlToHttpOptions(base)
  const [request, Agent] = protocol === 'https:' ? [httpsRequest, HttpsAgent] : [httpRequest, HttpAgent]
  const shared = { lookup: sharedLookup() }
  const pool = new Agent({ ...shared, keepAlive: true, timeout: IDLE_MS })
  const single = new Agent({ ...shared, keepAlive: false })

  return {
    request({ path, method, headers, isFresh }) {
      return limitResponse(request({ protocol, hostname, port, path, method, headers, agent: isFresh ? single : pool }))
    },
    closeIdle() {
      for (const socket of Object.values(pool.freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy()
    },
  }
}

/**
 * Shares one DNS lookup among all requests that wait for it. Each lookup blocks one thread of libuv's pool, and a
 * resolver that does not respond would block them all, and file access with them.
 */
function sharedLookup(): LookupFunction {
  let waiting: Parameters<LookupFunction>[2][] | undefined
  return function lookupOnce(hostname, options, callback) {
    if (waiting) {
      waiting.push(callback)
      return
    }
    waiting = [callback]
    lookup(hostname, options, (error, address: string | LookupAddress[], family?: number) => {
      const all = waiting ?? []
      waiting = undefined
      for (const one of all) one(error, address, family)
    })
  }
}

/** Enforced on the request, because got reads the body of an error response without any limit. */
function limitResponse(request: ClientRequest): ClientRequest {
  let informational = 0
  let bytes = 0
  return request
    .on('information', () => {
      informational++
      if (informational > MAX_INFORMATIONAL) request.destroy(new ResponseTooLargeError('too many 1xx responses'))
    })
    .once('response', (response) => {
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        // After a complete response Node no longer handles the socket's errors: destroying it would end the process.
        if (bytes > MAX_RESPONSE_BYTES && !response.complete) {
          request.destroy(new ResponseTooLargeError('the body is too long'))
        }
      })
    })
}
