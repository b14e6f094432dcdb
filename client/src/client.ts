import { isPlainJson } from '@achilles/mcp-contract'
import {
  createTRPCClientProxy,
  httpBatchLink,
  httpLink,
  splitLink,
  type TRPCClient,
  TRPCUntypedClient,
} from '@trpc/client'
import superjson from 'superjson'
import { attempts } from './attempts.ts'
import { type CallContext, needsOwnRequest } from './call-context.ts'
import { localError } from './gateway-error.ts'
import { type Fetch, gatewayFetch } from './gateway-fetch.ts'
import type { GatewayRouter } from './router.ts'
import { toGatewayError } from './to-gateway-error.ts'
import { uuid } from './uuid.ts'

/** What `createGatewayClient` needs to know. */
export interface GatewayClientOptions {
  /** Where the gateway is, e.g. `http://127.0.0.1:8080`. */
  url: string | URL
  /** Sent as a bearer token; a function is asked before each request. Undefined sends none. */
  apiKey?: string | (() => ApiKey | Promise<ApiKey>) | undefined
  /**
   * Further attempts of a call that failed retryably.
   * @default 3
   */
  retries?: number
  /**
   * How long one attempt may take, in milliseconds.
   * @default 60000
   */
  timeoutMs?: number
  /** @default the global `fetch` */
  fetch?: Fetch
}

type ApiKey = string | undefined

/** Every procedure of the gateway, typed end to end. */
export type GatewayClient = TRPCClient<GatewayRouter>

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
 */
export function createGatewayClient({
  url,
  apiKey,
  retries = 3,
  timeoutMs = 60_000,
  fetch = (target, init) => globalThis.fetch(target, init),
}: GatewayClientOptions): GatewayClient {
  async function headersFor({ requestId = uuid(), idempotencyKey, sessionToken }: CallContext) {
    const key = typeof apiKey === 'function' ? await askForKey(apiKey) : apiKey
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
        true: httpLink({ ...http, headers: ({ op }) => headersFor(op.context) }),
        false: httpBatchLink({ ...http, maxItems: MAX_BATCH_CALLS, headers: () => headersFor({}) }),
      }),
    ],
  })
  return createTRPCClientProxy<GatewayRouter>(withAttempts(client, retries))
}

async function askForKey(apiKey: () => ApiKey | Promise<ApiKey>): Promise<ApiKey> {
  try {
    return await apiKey()
  } catch (cause) {
    throw localError('UNAUTHORIZED', `apiKey() failed: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}

type Client = TRPCUntypedClient<GatewayRouter>

/** The client with failures as `GatewayError`s, and calls repeated that may succeed later. */
function withAttempts(client: Client, retries: number): Client {
  const withAttemptsOf =
    (kind: 'query' | 'mutation'): Client['query'] =>
    (path, input, { signal, context = {} } = {}) => {
      const idempotency = KNOWN_BY_KEY.has(path) ? { idempotencyKey: uuid() } : {}
      const own: CallContext = { ...idempotency, ...context }
      const call = () =>
        client[kind](path, input, { ...(signal && { signal }), context: { ...own } }).catch((error: unknown) => {
          throw toGatewayError(error)
        })
      return attempts(call, own.retries ?? retries, signal)
    }
  return Object.assign(Object.create(client), { query: withAttemptsOf('query'), mutation: withAttemptsOf('mutation') })
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
