import { localError } from './gateway-error.ts'
import { retryAfterMs } from './retry-after.ts'

/** The part of `fetch` that is used; what `options.fetch` must be able to do. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchAnswer>

/** What is asked of `fetch`. */
export interface FetchInit {
  method: string
  headers: Record<string, string>
  body: string
  signal: AbortSignal
}

/** What is used of a `Response`. */
export interface FetchAnswer {
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}

/** A gateway's answer, wholly read. */
export interface Answer {
  ok: boolean
  retryAfterMs: number | undefined
  json(): Promise<unknown>
}

/**
 * Makes one request and reads the whole answer, all within `timeoutMs`.
 * @throws GatewayError where nothing answers in time, the answer breaks off, or it isn't a gateway that answers.
 */
export async function gatewayFetch(fetch: Fetch, url: string, init: FetchInit, timeoutMs: number): Promise<Answer> {
  const { origin } = new URL(url)
  const limit = new AbortController()
  const abort = () => limit.abort(init.signal.reason)
  if (init.signal.aborted) abort()
  init.signal.addEventListener('abort', abort)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    limit.abort()
  }, timeoutMs)
  try {
    const response = await fetch(url, { ...init, signal: limit.signal })
    return readAnswer(response, await response.text(), origin)
  } catch (cause) {
    if (init.signal.aborted || (cause instanceof Error && cause.name === 'GatewayError')) throw cause
    if (isLate) throw localError('GATEWAY_TIMEOUT', `${origin} did not answer within ${timeoutMs / 1000} s`, { cause })
    throw localError('SERVICE_UNAVAILABLE', `${origin} cannot be reached: ${reasonOf(cause)}`, { cause })
  } finally {
    clearTimeout(timer)
    init.signal.removeEventListener('abort', abort)
  }
}

function readAnswer({ ok, status, headers }: FetchAnswer, text: string, origin: string): Answer {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const retryable = status >= 500 || status === 429 || status === 408
    const detail = `${origin} answered ${status}, and not as a gateway does: is this the address of one?`
    throw localError('BAD_GATEWAY', detail, { retryable, cause })
  }
  return { ok, retryAfterMs: retryAfterMs(headers.get('retry-after')), json: async () => value }
}

/** undici says only `fetch failed`; what happened is its cause. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown; message?: unknown } }
  if (typeof cause?.code === 'string') return cause.code
  return String(cause?.message ?? (error instanceof Error ? error.message : error))
}
