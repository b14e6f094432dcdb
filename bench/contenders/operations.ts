import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export const REST_BASE = '/api/achilles/v1/mcp'

/** The paths of a call to a contender and of its call to Core, both POST. */
export interface Operation {
  /** Relative to `REST_BASE`. */
  rest: `/${string}`
  core: `/${string}`
  /** Writes have an idempotency key on the way to Core. */
  write: boolean
}

export const OPERATIONS = {
  createSession: { rest: '/sessions', core: '/mcp/sessions', write: true },
  ingestBatch: { rest: '/signals/events/batch', core: '/signals/events/batch', write: true },
  insights: { rest: '/signals/insights', core: '/signals/insights', write: false },
} as const satisfies Readonly<Record<string, Operation>>

/** The headers of every call. The key is in `api-keys.json`; contenders other than the gateway ignore it. */
export const CALLER_HEADERS = { 'content-type': 'application/json', authorization: 'Bearer ach_bench' } as const

const { PORT, CORE_URL, CORE_API_KEY } = process.env

export const environment = { port: Number(PORT), coreUrl: CORE_URL ?? '', coreApiKey: CORE_API_KEY ?? '' }

const AUTHORIZATION = `Bearer ${environment.coreApiKey}`

export function coreHeaders(incoming: IncomingHttpHeaders, { write }: { write: boolean }): Record<string, string> {
  const { 'x-request-id': requestId, 'idempotency-key': key } = incoming as Record<string, string | undefined>
  return {
    authorization: AUTHORIZATION,
    'x-request-id': requestId ?? randomUUID(),
    ...(write && { 'idempotency-key': key ?? randomUUID() }),
  }
}
