import { type LookupAddress, lookup } from 'node:dns'
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { urlToHttpOptions } from 'node:url'

/** What is read of a response's body, in bytes. */
export const MAX_RESPONSE_BYTES = 32 * 2 ** 20
/** What is read of 1xx responses before the one that counts. */
const MAX_INFORMATIONAL = 100
/** After how long an unused connection is closed: proxies and servers close theirs after a minute or later. */
const IDLE_MS = 30_000

/** Core sent more than is read of a response. */
export class ResponseTooLargeError extends Error {
  override readonly name = 'ResponseTooLargeError'
}

/** Also where got has wrapped it. */
export const isTooLarge = (error: unknown): boolean =>
  error instanceof ResponseTooLargeError || (error instanceof Error && error.cause instanceof ResponseTooLargeError)

/** What a request says beside the base URL. */
interface ConnectionRequest {
  path: string
  method: string
  headers: RequestOptions['headers']
  /** Whether to open a connection for this request alone: the pooled ones may all be dead. */
  isFresh: boolean
}

/** The connections to Core. */
export interface Connections {
  /** Starts a request; what is read of its response is bounded. */
  request(options: ConnectionRequest): ClientRequest
  /** Closes those that nobody uses. */
  closeIdle(): void
}

/** Kept-alive connections to the host of `base`; the limit of calls in flight bounds their number. */
export function openConnections(base: URL): Connections {
  const { protocol, hostname, port } = urlToHttpOptions(base)
  const [request, Agent] = protocol === 'https:' ? [httpsRequest, HttpsAgent] : [httpRequest, HttpAgent]
  const shared = { lookup: sharedLookup() }
  const pool = new Agent({ ...shared, keepAlive: true, timeout: IDLE_MS })
  const single = new Agent({ ...shared, keepAlive: false })

  return {
    request({ path, method, headers, isFresh }) {
      return bounded(request({ protocol, hostname, port, path, method, headers, agent: isFresh ? single : pool }))
    },
    closeIdle() {
      for (const socket of Object.values(pool.freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy()
    },
  }
}

/**
 * Looks the one host up for all who wait at once: a resolver that is silent blocks a thread of libuv's few for each
 * lookup, and with all of them every access to files.
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

/** On the request itself: got reads the body of a refusal without telling anybody how long it is. */
function bounded(request: ClientRequest): ClientRequest {
  let informational = 0
  let bytes = 0
  return request
    .on('information', () => {
      informational++
      if (informational > MAX_INFORMATIONAL) request.destroy(new ResponseTooLargeError('1xx responses without end'))
    })
    .once('response', (response) => {
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        // Once all has arrived Node no longer listens to the socket: an error of it would end the process.
        if (bytes > MAX_RESPONSE_BYTES && !response.complete) {
          request.destroy(new ResponseTooLargeError('a body without end'))
        }
      })
    })
}
