import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { environment } from './environment.ts'

const AUTHORIZATION = `Bearer ${environment.coreApiKey}`

/** The headers of a call to Core: the key, and the caller's ids or new ones. */
export function coreHeaders(incoming: IncomingHttpHeaders, { write }: { write: boolean }): Record<string, string> {
  const { 'x-request-id': requestId, 'idempotency-key': key } = incoming as Record<string, string | undefined>
  return {
    authorization: AUTHORIZATION,
    'x-request-id': requestId ?? randomUUID(),
    ...(write && { 'idempotency-key': key ?? randomUUID() }),
  }
}
