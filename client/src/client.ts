import { isPlainJson } from '@achilles/mcp-contract'
import { createTRPCClientProxy, httpBatchLink, httpLink, splitLink, TRPCUntypedClient } from '@trpc/client'
import superjson from 'superjson'
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
import { localError, toGatewayError } from './gateway-error.ts'
import { type Fetch, gatewayFetch } from './gateway-fetch.ts'
import { withRetry } from './retry.ts'
import type { GatewayRouter } from './router.ts'
import { uuid } from './uuid.ts'

/** What `createGatewayClient` needs to know. */
export interface GatewayClientOptions {
  /** Where the gateway is, e.g. `http://127.0.0.1:8080`. */
  url: string | URL
  /** Sent as a bearer token; a function is asked before each request. Undefined sends none. */
  apiKey?: string | (() => ApiKey | Promise<ApiKey>) | undefined
  /**
   * Further attempts of a call that failed retryably; `Infinity` for no limit.
   * @default 3
   */
  retries?: number
  /**
   * How long one attempt may take, in milliseconds from 1 up; 25 days at most, also where it is `Infinity`.
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

const RULES: Rules<GatewayClientOptions> = {
  url: { holds: isGatewayUrl, message: 'must be an http or https URL without credentials: apiKey takes those' },
  apiKey: {
    holds: (value) => typeof value === 'string' || typeof value === 'function',
    message: 'must be a string or a function',
  },
  retries: count(0),
  timeoutMs: milliseconds(1),
  fetch: FUNCTION,
}

/** Every procedure of the gateway, typed end to end. */
export type GatewayClient = CallsOf<GatewayRouter['_def']['record']>

type CallsOf<Procedures> = {
  [Name in keyof Procedures]: Procedures[Name] extends {
    _def: { type: infer Type; $types: { input: infer Input; output: infer Output } }
  }
    ? Record<Type extends 'query' ? 'query' : 'mutate', (input: Input, options?: CallOptions) => Promise<Output>>
    : CallsOf<Procedures[Name]>
}

/** The gateway takes at most so many calls in one native batch. */
const MAX_BATCH_CALLS = 20

/** Core knows a repetition of these by its idempotency key alone; all others are safe to repeat by what they say. */
const KNOWN_BY_KEY = new Set(['state.snapshot', 'agents.recordPerformance', 'errors.correlate'])

/**
 * A typed client of the gateway over native tRPC. Calls made in one tick travel in one request. A call that fails
 * retryably is tried again; one that fails for good rejects with a `GatewayError`, whose `data` is the whole problem; one
 * whose `signal` is aborted rejects with the signal's reason.
 * @example
 * const gateway = createGatewayClient({ url: 'http://127.0.0.1:8080' })
 * const { status } = await gateway.health.query()
 * @throws GatewayError naming each option that is not known or not usable.
 */
export function createGatewayClient(options: GatewayClientOptions): GatewayClient {
  checkOptions({ ...options, url: options.url ?? '' }, OPTIONS, RULES)
  const { url, apiKey, retries = 3, timeoutMs = 60_000 } = options
  const { fetch = (target, init) => globalThis.fetch(target, init) } = options

  async function getHeaders({ requestId = uuid(), idempotencyKey, sessionToken }: CallContext) {
    const key = requireSendableKey(typeof apiKey === 'function' ? await resolveApiKey(apiKey) : apiKey)
    return {
      'x-request-id': requestId,
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(sessionToken !== undefined && { 'x-mcp-session-token': sessionToken }),
    }
  }

  const http = {
    url: `${String(url).replace(/\/+$/, '')}/trpc`,
    transformer: {
      input: { serialize: encode, deserialize: superjson.deserialize },
      output: { serialize: encode, deserialize: superjson.deserialize },
    },
    methodOverride: 'POST',
    fetch: (target: unknown, init: unknown) =>
      gatewayFetch(fetch, String(target), init as Parameters<Fetch>[1], timeoutMs),
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
  return createTRPCClientProxy<GatewayRouter>(retryFailedCalls(client, retries))
}

async function resolveApiKey(apiKey: () => ApiKey | Promise<ApiKey>): Promise<ApiKey> {
  try {
    return await apiKey()
  } catch (cause) {
    throw localError('UNAUTHORIZED', `apiKey() failed: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}

/** Never repeats the key: what `fetch` says of one that it cannot send would. */
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

/** The client with failures as `GatewayError`s, and calls repeated that may succeed later. */
function retryFailedCalls(client: Client, retries: number): Client {
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
  return Object.assign(Object.create(client), { query: retryCalls('query'), mutation: retryCalls('mutation') })
}

/** Without superjson's walk where there is nothing but JSON; it would also refuse keys such as `constructor`. */
function encode(value: unknown) {
  if (isPlainJson(value)) return { json: value }
  try {
    return superjson.serialize(value)
  } catch (cause) {
    throw localError('BAD_REQUEST', `The input cannot be sent: ${(cause as Error).message}`, { cause })
  }
}
