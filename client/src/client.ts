import { isPlainJson } from '@achilles/mcp-contract'
import type { AppRouter } from '@achilles/mcp-gateway/router'
import { createTRPCClient, getFetch, httpBatchLink, type TRPCClient } from '@trpc/client'
import superjson from 'superjson'

/** What `createGatewayClient` needs to know. */
export interface GatewayClientOptions {
  /** Where the gateway is, e.g. `http://127.0.0.1:8080`. */
  url: string | URL
  /** Sent as a bearer token; a function is asked before each request. */
  apiKey?: string | (() => string | Promise<string>) | undefined
  /** @default the global `fetch` */
  fetch?: typeof fetch
}

/** Every procedure of the gateway, typed end to end. */
export type GatewayClient = TRPCClient<AppRouter>

/** The gateway takes at most so many calls in one native batch. */
const MAX_BATCH_CALLS = 20

/**
 * A typed client of the gateway over native tRPC. Calls made in one tick travel in one request; every call rejects with
 * a `TRPCClientError` whose `data` is the problem.
 * @example
 * const gateway = createGatewayClient({ url: 'http://127.0.0.1:8080' })
 * const { status } = await gateway.health.query()
 */
export function createGatewayClient({ url, apiKey, fetch }: GatewayClientOptions): GatewayClient {
  return createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url: `${String(url).replace(/\/+$/, '')}/trpc`,
        transformer: {
          input: { serialize: encode, deserialize: superjson.deserialize },
          output: { serialize: encode, deserialize: superjson.deserialize },
        },
        maxItems: MAX_BATCH_CALLS,
        methodOverride: 'POST',
        fetch: getFetch(fetch),
        async headers() {
          const key = typeof apiKey === 'function' ? await apiKey() : apiKey
          return key === undefined ? {} : { authorization: `Bearer ${key}` }
        },
      }),
    ],
  })
}

// superjson would refuse keys such as `constructor`, which are plain data in JSON.
const encode = (value: unknown) => (isPlainJson(value) ? { json: value } : superjson.serialize(value))
