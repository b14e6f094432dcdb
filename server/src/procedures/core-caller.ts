import { randomUUID } from 'node:crypto'
import { stringifyJson } from '@achilles/mcp-contract'
import { requireScope } from '../auth/require-scope.ts'
import type { Principal } from '../http/principal.ts'
import type { RequestContext } from '../http/request-context.ts'
import type { CoreCall } from '../upstream/types.ts'
import type { Context } from './context.ts'

export interface CoreRoute {
  method: CoreCall['method']
  /** Appended to the base URL, e.g. `/mcp/sessions/{session_id}`; braces name a field of the input. */
  path: string
  /** Set if the body is a batch of events: such calls may be coalesced. */
  carries?: CoreCall['carries']
  /** What Core must do, for the OpenAPI document of Core. Default: the description of the REST route. */
  description?: string
  /** True if another procedure declares this call, and Core gets a body derived from the procedure's input. */
  sharesRoute?: true
}

const PARAMETER = /\{(\w+)\}/g

export const getPathParameters = ({ path }: Pick<CoreRoute, 'path'>): string[] =>
  [...path.matchAll(PARAMETER)].map(([, name = '']) => name)

/**
 * Builds the call for `input`: path parameters are moved from the body into the path, percent-encoded once.
 * @throws Error if such a field is not a string.
 */
export function buildRequest(
  { method, path, carries }: CoreRoute,
  input: Readonly<Record<string, unknown>> | undefined,
): Pick<CoreCall, 'method' | 'path' | 'carries' | 'body'> {
  if (!path.includes('{')) return { method, path, carries, body: input }
  const body = { ...input }
  const filled = path.replace(PARAMETER, (_, name: string) => {
    const { [name]: value } = body
    if (typeof value !== 'string') throw new Error(`${path}: the input has no ${name}`)
    delete body[name]
    return encodeURIComponent(value)
  })
  return { method, path: filled, carries, body }
}

interface CoreCallOptions {
  /** Changes the response before it is validated. */
  transform?: ((response: unknown) => unknown) | undefined
  /** True if the body differs from the one that a retry of the caller would send: Core rejects a known key with it. */
  needsNewKey?: boolean
}

/**
 * Makes the call to Core that the procedure's metadata declares. The procedure's `.output` validates the response.
 * @param input the body and the path parameters
 */
export type CoreCaller = <Output>(
  input?: Readonly<Record<string, unknown>>,
  options?: CoreCallOptions,
) => Promise<Output>

export interface ProcedureCall {
  operation: string
  /** The call it declares; absent if the procedure makes none. */
  route: CoreRoute | undefined
  principal: Principal
  /** Reads carry no idempotency key. */
  read: boolean
  /** The caller's key for this call. */
  idempotencyKey: string | undefined
}

/** Binds the upstream client to one procedure call: headers, idempotency key, client disconnect. */
export function bindCore({ services, inbound, raw }: Context, procedureCall: ProcedureCall): CoreCaller {
  const { operation, route, principal } = procedureCall

  return async <Output>(
    input?: Readonly<Record<string, unknown>>,
    { transform, needsNewKey = false }: CoreCallOptions = {},
  ): Promise<Output> => {
    if (!route) throw new Error(`${operation} declares no call to Core`)
    const request = buildRequest(route, input)
    requireScope(principal, request.body)
    // Only batches are large enough for serializing them again to matter.
    const isLarge = request.carries === 'events' && !route.sharesRoute
    const response = await services.upstream.call({
      method: request.method,
      path: request.path,
      carries: request.carries,
      body: request.body,
      rawText: isLarge ? raw.input : undefined,
      signal: inbound.disconnectSignal,
      watch: inbound.record.observeAttempts(operation),
      headers: headersToCore(inbound, needsNewKey ? { ...procedureCall, idempotencyKey: undefined } : procedureCall),
    })
    const transformed = transform ? transform(response.value) : response.value
    raw.response = transformed === response.value ? response : { bytes: Buffer.from(stringifyJson(transformed)) }
    return transformed as Output
  }
}

function headersToCore({ requestId, headers }: RequestContext, { principal, read, idempotencyKey }: ProcedureCall) {
  const { 'idempotency-key': _, ...others } = headers
  return {
    ...others,
    'x-request-id': requestId,
    'x-achilles-client': principal.name,
    ...(principal.workspaces && { 'x-achilles-workspaces': principal.workspaces.join(',') }),
    ...(!read && { 'idempotency-key': idempotencyKey ?? randomUUID() }),
  }
}
