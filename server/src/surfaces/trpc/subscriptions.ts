import { isPlainJson, isPlainObject, parseJson } from '@achilles/mcp-contract'
import { getErrorShape, type TRPCError, transformTRPCResponse } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { badRequest, type GatewayError } from '../../errors/gateway-error.ts'
import type { GatewayContext } from '../../http/env.ts'
import { getLastEventId } from '../../http/last-event-id.ts'
import type { Context, Services } from '../../procedures/context.ts'
import type { NamedProcedure } from '../../procedures/list-procedures.ts'
import { toTrpcError } from '../../procedures/to-trpc-error.ts'
import { getJsonText } from '../../watching/json-text.ts'
import { type EventFormat, EventStreamWriter, type StreamingOptions } from '../streams/event-stream.ts'
import { CONFIG, PROCEDURES } from './plain-calls.ts'
import { createContext, getResponseHeaders, reportError } from './trpc-call.ts'

/** The subscription that a request opens; undefined for any other request. @param path as in the URL */
export function findSubscription(c: GatewayContext, path: string): NamedProcedure | undefined {
  const named = PROCEDURES.get(path)
  return named?.procedure._def.type === 'subscription' && c.req.query('batch') === undefined ? named : undefined
}

interface SubscriptionOptions {
  /** Rejects the subscription. */
  error: GatewayError | null
  services: Services
  streaming: StreamingOptions
}

/**
 * Opens a subscription as tRPC's `resolveResponse` does, with which `retry:`, status events and an end that lets clients
 * resume are not possible.
 * @see https://trpc.io/docs/client/links/httpSubscriptionLink
 */
export async function handleSubscription(
  c: GatewayContext,
  { operation, procedure }: NamedProcedure,
  { error: rejection, services, streaming }: SubscriptionOptions,
): Promise<Response> {
  let context: Context | undefined
  const toShape = (error: TRPCError) => {
    reportError(c, services, { error, operation })
    return getErrorShape({
      config: CONFIG,
      ctx: context,
      error,
      input: undefined,
      path: operation,
      type: 'subscription',
    })
  }
  // A proxy sends a 503 on to another gateway.
  if (rejection?.problem === 'SERVICE_UNAVAILABLE' || rejection?.problem === 'METHOD_NOT_SUPPORTED') {
    const error = toTrpcError(rejection)
    return new Response(JSON.stringify(transformTRPCResponse(CONFIG, { error: toShape(error) })), {
      status: getHTTPStatusCodeFromError(error),
      headers: { 'content-type': 'application/json', ...getResponseHeaders([error]) },
    })
  }
  const format = toFormat((error) => toShape(toTrpcError(error)))
  const writer = new EventStreamWriter(c, { ...streaming, format, closing: services.watches.closing })
  try {
    if (rejection) throw rejection
    context = createContext(c, services, 1)
    const items = await procedure({
      path: operation,
      getRawInput: async () => readInput(c),
      ctx: { ...context, inbound: { ...context.inbound, onStatus: writer.sendStatus } },
      type: 'subscription',
      signal: undefined,
      batchIndex: 0,
    })
    return writer.respond(items as AsyncIterable<unknown>)
  } catch (error) {
    // With status 200, since an `EventSource` does not reveal the body of any other response.
    return writer.respondWithFault(error)
  }
}

/** A client that receives nothing for this time, three pings, connects again. */
const CONNECTED = JSON.stringify({ reconnectAfterInactivityMs: 45_000 })

const toFormat = (toShape: (error: unknown) => unknown): EventFormat => ({
  opening: `event: connected\ndata: ${CONNECTED}\n\n`,
  ping: 'event: ping\ndata: \n\n',
  toItem: (id, item) => `id: ${id}\ndata: ${toText(item)}\n\n`,
  // tRPC's own client ignores it.
  toStatus: (status) => `event: status\ndata: ${status}\n\n`,
  toFault: (error) => `event: serialized-error\ndata: ${toText(toShape(error))}\n\n`,
})

const toText = (value: unknown): string =>
  isPlainObject(value) && isPlainJson(value)
    ? `{"json":${getJsonText(value)}}`
    : JSON.stringify(CONFIG.transformer.output.serialize(value))

function readInput(c: GatewayContext): unknown {
  const text = c.req.query('input')
  const input = text === undefined ? undefined : CONFIG.transformer.input.deserialize(parseInput(text))
  const lastEventId = getLastEventId(c) ?? c.req.query('lastEventId')
  return lastEventId === undefined ? input : { ...(isPlainObject(input) && input), lastEventId }
}

function parseInput(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    throw badRequest([{ path: '', message: 'the input is not JSON' }], error)
  }
}
