import { randomUUID } from 'node:crypto'
import { stringifyJson } from '@achilles/mcp-contract'
import type { CoreCall } from '../core/core-link.ts'
import type { Inbound } from '../gate/inbound.ts'
import type { Principal } from '../gate/principal.ts'
import type { Context } from './context.ts'
import { requireScope } from './require-scope.ts'

/** The calls to Core that a procedure can make; what comes back is proved by the procedure's `.output`. */
export interface CoreCaller {
  get<Answer>(path: string): Promise<Answer>
  post<Answer>(path: string, body: unknown, amend?: (answer: unknown) => unknown): Promise<Answer>
  patch<Answer>(path: string, body: unknown): Promise<Answer>
}

/** The procedure call that a `CoreCaller` serves. */
export interface ProcedureCall {
  operation: string
  principal: Principal
  /** Reads carry no idempotency key. */
  read: boolean
  signal: AbortSignal | undefined
  batchIndex: number
}

/** The link to Core as one procedure call sees it: headers, idempotency key and hang-up are settled here. */
export function bindCore({ services, inbound, onAnswer }: Context, procedureCall: ProcedureCall): CoreCaller {
  const { operation, principal, signal } = procedureCall

  async function call<Answer>(
    request: Pick<CoreCall, 'method' | 'path' | 'body'>,
    amend: (answer: unknown) => unknown = (answer) => answer,
  ): Promise<Answer> {
    requireScope(principal, request.body)
    const answer = await services.link.call({
      ...request,
      operation,
      signal,
      watch: inbound.record.watchAttempts(operation),
      headers: headersToCore(inbound, procedureCall),
    })
    const amended = amend(answer.value)
    onAnswer?.(amended === answer.value ? answer.bytes : Buffer.from(stringifyJson(amended)))
    return amended as Answer
  }

  return {
    get: (path) => call({ method: 'GET', path }),
    post: (path, body, amend) => call({ method: 'POST', path, body }, amend),
    patch: (path, body) => call({ method: 'PATCH', path, body }),
  }
}

function headersToCore({ requestId, headers, calls }: Inbound, { principal, read, batchIndex }: ProcedureCall) {
  const { 'idempotency-key': key, ...forwarded } = headers
  return {
    ...forwarded,
    'x-request-id': requestId,
    'x-achilles-client': principal.name,
    ...(principal.workspaces && { 'x-achilles-workspaces': principal.workspaces.join(',') }),
    ...(!read && { 'idempotency-key': key === undefined ? randomUUID() : calls > 1 ? `${key}-${batchIndex}` : key }),
  }
}
