import { stringifyJson } from '@achilles/mcp-contract'
import { callTRPCProcedure } from '@trpc/server'
import type { Handler } from 'hono'
import { reportFailure } from '../../errors/to-problem.ts'
import type { GatewayContext, GatewayEnv } from '../../http/env.ts'
import { getLastEventId } from '../../http/last-event-id.ts'
import { getRequestContext } from '../../http/request-context.ts'
import type { Services } from '../../procedures/context.ts'
import type { RestRoute } from '../../procedures/list-procedures.ts'
import { appRouter } from '../../procedures/router.ts'
import { getJsonText } from '../../watching/json-text.ts'
import { type EventFormat, EventStreamWriter, type StreamingOptions } from '../streams/event-stream.ts'
import type { InputReader } from './input-reader.ts'

interface StreamHandlerOptions {
  readInput: InputReader
  services: Services
  streaming: StreamingOptions
}

/** Serves a subscription as server-sent events. What fails before the first event is a problem with its own status. */
export function streamHandler(
  { operation }: RestRoute,
  event: string,
  { readInput, services, streaming }: StreamHandlerOptions,
): Handler<GatewayEnv> {
  return async function streamOperation(c) {
    const format = toFormat(c, event, services)
    const writer = new EventStreamWriter(c, { ...streaming, format, closing: services.watches.closing })
    const items = await callTRPCProcedure({
      router: appRouter,
      path: operation,
      type: 'subscription',
      async getRawInput() {
        const { value } = await readInput(c)
        const lastEventId = getLastEventId(c)
        return lastEventId === undefined ? value : { ...(value as object), lastEventId }
      },
      ctx: { services, inbound: { ...getRequestContext(c), onStatus: writer.sendStatus }, raw: {} },
      signal: undefined,
      batchIndex: 0,
    })
    return writer.respond(items)
  }
}

const toFormat = (c: GatewayContext, event: string, { telemetry: { log } }: Services): EventFormat => ({
  opening: '',
  ping: ': ping\n\n',
  toItem: (id, item) => `id: ${id}\nevent: ${event}\ndata: ${toText(item)}\n\n`,
  toStatus: (status) => `event: status\ndata: ${status}\n\n`,
  toFault(error) {
    const request = { requestId: c.get('requestId'), record: c.get('record'), log, where: { path: c.req.routePath } }
    return `event: problem\ndata: ${JSON.stringify(reportFailure(error, request))}\n\n`
  },
})

const toText = (item: unknown) => (typeof item === 'object' && item !== null ? getJsonText(item) : stringifyJson(item))
