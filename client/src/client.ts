import { isPlainJson, type Problem } from '@achilles/mcp-contract'
import { createTRPCClientProxy, httpBatchLink, httpLink, splitLink, TRPCUntypedClient } from '@trpc/client'
import superjson, { type SuperJSONResult } from 'superjson'
import {
  CALL_CONTEXT,
  CALL_CONTEXT_RULES,
  CALL_OPTIONS,
  type CallContext,
  type CallOptions,
  HEADER_VALUE,
  needsOwnRequest,
} from './call-context.ts'
import { checkOptions, count, FUNCTION, type KnownKeys, milliseconds, type Rules } from './check-options.ts'
import type { GatewayClient } from './gateway-client.ts'
import { badRequest, GatewayError, localError, toGatewayError } from './gateway-error.ts'
import { createGatewayFetch, type Fetch } from './gateway-fetch.ts'
import { withRetry } from './retry.ts'
import type { GatewayRouter } from './router.ts'
import { uuid } from './uuid.ts'
import { iterateItems } from './watch/item-queue.ts'

/** Options of `createGatewayClient`. */
export interface GatewayClientOptions {
  /** The gateway’s base URL, e.g. `http://127.0.0.1:8080`; a function is called before each request. */
  url: string | URL | (() => string | URL)
  /** Sent as a bearer token; a function is called before each request. `undefined` sends no token. */
  apiKey?: string | (() => ApiKey | PromiseLike<ApiKey>) | undefined
  /**
   * How often a call that failed with a retryable error is repeated; `Infinity` for no limit.
   * @default 3
   */
  retries?: number
  /**
   * The time limit of one attempt, in milliseconds: at least 1, and capped at 25 days, also for `Infinity`.
   * @default 60000
   */
  timeoutMs?: number
  /** @default the global `fetch` */
  fetch?: Fetch
}

type ApiKey = string | undefined

const OPTIONS: KnownKeys<GatewayClientOptions> = {
  url: true,
  apiKey: true,
  retries: true,
  timeoutMs: true,
  fetch: true,
}

const URL_RULE = 'must be an http or https URL without credentials: apiKey takes those'

const RULES: Rules<GatewayClientOptions> = {
  url: { holds: (value) => typeof value === 'function' || isGatewayUrl(value), message: URL_RULE },
  apiKey: {
    holds: (value) => typeof value === 'string' || typeof value === 'function',
    message: 'must be a string or a function',
  },
  retries: count(0),
  timeoutMs: milliseconds(1),
  fetch: FUNCTION,
}

/** Sends input that is JSON text already, once. */
export interface Transport {
  /** Resolves to the output, which is not validated. @throws GatewayError; the signal's reason if it is aborted. */
  post(procedure: string, json: string, context: CallContext, signal: AbortSignal): Promise<unknown>
}

/** What `createGatewayFetch` has validated. */
type Envelope =
  | { result: { data: SuperJSONResult }; error?: undefined }
  | { result?: undefined; error: { json: { data: Problem } } }

const TRANSPORTS = new WeakMap<object, Transport>()

/** Undefined for an object that `createGatewayClient` did not create, such as a test's. */
export const getTransport = (gateway: GatewayClient): Transport | undefined => TRANSPORTS.get(gateway)

/** Replaced by the base URL, which may change. */
const PLACEHOLDER = 'http://gateway.invalid/trpc'

/** The gateway's limit for a batch of tRPC calls. */
const MAX_BATCH_CALLS = 20

/** Only the idempotency key makes these safe to repeat; other calls are safe by their input. */
const KNOWN_BY_KEY = new Set(['state.snapshot', 'agents.recordPerformance', 'errors.correlate'])

/**
 * Creates a typed client, which calls the gateway over native tRPC. Calls made in one tick share one request. Retryable
 * errors are retried. A failed call rejects with a `GatewayError`, whose `data` is the complete problem; an aborted
 * call rejects with the reason of its `signal`.
 * @example
 * const gateway = createGatewayClient({ url: 'http://127.0.0.1:8080' })
 * const { status } = await gateway.health.query()
 * @throws GatewayError naming each unknown or invalid option.
 */
export function createGatewayClient(options: GatewayClientOptions): GatewayClient {
  checkOptions({ ...options, url: options.url ?? '' }, OPTIONS, RULES)
  const { url, apiKey, retries = 3, timeoutMs = 60_000 } = options
  const { fetch = (target, init) => globalThis.fetch(target, init) } = options

  async function getHeaders({ requestId = uuid(), idempotencyKey, sessionToken, handling }: CallContext) {
    const key = requireSendableKey(typeof apiKey === 'function' ? await resolveApiKey(apiKey) : apiKey)
    return {
      'x-request-id': requestId,
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(sessionToken !== undefined && { 'x-mcp-session-token': sessionToken }),
      ...(handling !== undefined && { prefer: `handling=${handling}` }),
    }
  }

  function getBaseUrl(): string {
    const base = typeof url === 'function' ? url() : url
    if (!isGatewayUrl(base)) throw badRequest([{ path: 'url', message: URL_RULE }])
    return `${String(base).replace(/\/+$/, '')}/trpc`
  }

  const gatewayFetch = createGatewayFetch(fetch, timeoutMs)
  const send = (path: string, init: Parameters<Fetch>[1]) => gatewayFetch(getBaseUrl() + path, init)

  const transformer = {
    input: { serialize: encode, deserialize: superjson.deserialize },
    output: { serialize: encode, deserialize: superjson.deserialize },
  }
  const http = {
    url: PLACEHOLDER,
    transformer,
    methodOverride: 'POST',
    fetch: (target: unknown, init: unknown) =>
      send(String(target).slice(PLACEHOLDER.length), init as Parameters<Fetch>[1]),
  } as const

  const client = new TRPCUntypedClient<GatewayRouter>({
    links: [
      splitLink({
        condition: ({ context }) => needsOwnRequest(context),
        true: httpLink({ ...http, headers: ({ op }) => getHeaders(op.context) }),
        false: httpBatchLink({ ...http, maxItems: MAX_BATCH_CALLS, headers: () => getHeaders({}) }),
      }),
    ],
  })
  const subscribe = (path: string, input: object, { signal, context = {} }: CallOptions) => {
    const connection = {
      fetch,
      timeoutMs,
      getUrl: (path: string) => getBaseUrl() + path,
      getHeaders: () => getHeaders(context),
    }
    return iterateItems({ path, input, connection, transformer }, signal)
  }
  const gateway: GatewayClient = createTRPCClientProxy<GatewayRouter>(retryFailedCalls(client, retries, subscribe))
  TRANSPORTS.set(gateway, {
    async post(procedure, json, context, signal) {
      const headers = { 'content-type': 'application/json', ...(await getHeaders(context)) }
      const response = await send(`/${procedure}`, { method: 'POST', headers, body: `{"json":${json}}`, signal })
      const { result, error } = (await response.json()) as Envelope
      if (error) throw new GatewayError(error.json.data, { retryAfterMs: response.retryAfterMs })
      return superjson.deserialize(result.data)
    },
  })
  return gateway
}

async function resolveApiKey(apiKey: () => ApiKey | PromiseLike<ApiKey>): Promise<ApiKey> {
  try {
    return await apiKey()
  } catch (cause) {
    throw localError('UNAUTHORIZED', `apiKey() failed: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}

/** The error never contains the key, unlike that of `fetch`. */
function requireSendableKey(key: ApiKey): ApiKey {
  if (key === undefined || key === '' || HEADER_VALUE.holds(key)) return key
  throw localError('UNAUTHORIZED', `apiKey: ${HEADER_VALUE.message}`)
}

function isGatewayUrl(url: unknown): boolean {
  try {
    const { protocol, username, password } = new URL(String(url))
    return /^https?:$/.test(protocol) && username === '' && password === ''
  } catch {
    return false
  }
}

type Client = TRPCUntypedClient<GatewayRouter>

type Subscribe = (path: string, input: object, options: CallOptions) => AsyncIterableIterator<unknown>

function retryFailedCalls(client: Client, retries: number, subscribe: Subscribe): Client {
  function subscription(path: string, input: object, options: CallOptions = {}) {
    checkOptions<CallOptions>(options, CALL_OPTIONS, {}, 'options')
    checkOptions<CallContext>(options.context ?? {}, CALL_CONTEXT, CALL_CONTEXT_RULES, 'context')
    return subscribe(path, input, options)
  }

  const retryCalls =
    (kind: 'query' | 'mutation'): Client['query'] =>
    async (path, input, options = {}) => {
      checkOptions<CallOptions>(options, CALL_OPTIONS, {}, 'options')
      const { signal, context = {} } = options
      checkOptions<CallContext>(context, CALL_CONTEXT, CALL_CONTEXT_RULES, 'context')
      const idempotency = KNOWN_BY_KEY.has(path) ? { idempotencyKey: uuid() } : {}
      const own: CallContext = { ...idempotency, ...context }
      const call = () =>
        client[kind](path, input, { ...(signal && { signal }), context: { ...own } }).catch((error: unknown) => {
          throw toGatewayError(error)
        })
      return withRetry(call, own.retries ?? retries, signal)
    }
  return Object.assign(Object.create(client), {
    query: retryCalls('query'),
    mutation: retryCalls('mutation'),
    subscription,
  })
}

/** Plain JSON skips superjson's walk, which also rejects keys such as `constructor`. */
function encode(value: unknown) {
  if (isPlainJson(value)) return { json: value }
  try {
    return superjson.serialize(value)
  } catch (cause) {
    throw localError('BAD_REQUEST', `The input cannot be sent: ${(cause as Error).message}`, { cause })
  }
}
