import type { FetchLike } from 'eventsource'
import { type GatewayError, isGatewayError, localError, toGatewayError } from '../gateway-error.ts'
import { type Fetch, toResponseError, toTimeoutError, toUnreachableError } from '../gateway-fetch.ts'
import { startTimer } from '../timers.ts'

/** What a stream needs of the client. */
export interface StreamConnection {
  fetch: Fetch
  /** The gateway's current URL for a path below `/trpc`. */
  getUrl(path: string): string
  getHeaders(): Promise<Record<string, string>>
  /** The time limit for the response's headers, in milliseconds. */
  timeoutMs: number
}

/** A `fetch` for `EventSource`, which itself reveals nothing of a failed request. @param onFailure called with its reason */
export const createStreamFetch =
  (connection: StreamConnection, onFailure: (error: GatewayError) => void): FetchLike =>
  async (target, init) => {
    try {
      const { pathname, search } = new URL(String(target))
      return await openStream(connection, pathname.slice('/trpc'.length) + search, init.headers, init.signal)
    } catch (error) {
      onFailure(isGatewayError(error) ? error : toGatewayError(error))
      throw error
    }
  }

async function openStream(
  { fetch, getUrl, getHeaders, timeoutMs }: StreamConnection,
  path: string,
  ownHeaders: Record<string, string>,
  signal: AbortSignal,
) {
  const url = getUrl(path)
  const { origin } = new URL(url)
  const headers = { ...ownHeaders, ...(await getHeaders()) }
  const limit = new AbortController()
  const abort = () => limit.abort(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  let isLate = false
  const timer = startTimer(() => {
    isLate = true
    limit.abort()
  }, timeoutMs)
  try {
    const response = await fetch(url, { method: 'GET', headers, signal: limit.signal })
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
    if (response.status !== 200 || !isStream) throw toResponseError(response, await response.text(), origin)
    if (!response.body) throw localError('BAD_REQUEST', 'options.fetch must return a response with a body')
    const { body, status } = response
    return { body, status, url, redirected: false, headers: response.headers }
  } catch (error) {
    signal.removeEventListener('abort', abort)
    if (signal.aborted || isGatewayError(error)) throw error
    throw isLate ? toTimeoutError(error, origin, timeoutMs) : toUnreachableError(error, origin)
  } finally {
    clearTimeout(timer)
  }
}
