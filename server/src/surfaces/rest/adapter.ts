import { stringifyJson } from '@achilles/mcp-contract'
import { callTRPCProcedure } from '@trpc/server'
import type { Handler, Hono } from 'hono'
import type { GatewayEnv } from '../../http/env.ts'
import { PATHS } from '../../http/paths.ts'
import { getRequestContext } from '../../http/request-context.ts'
import type { RawJson, Services } from '../../procedures/context.ts'
import { listRestRoutes, type RestRoute } from '../../procedures/list-procedures.ts'
import { appRouter } from '../../procedures/router.ts'
import type { StreamingOptions } from '../streams/event-stream.ts'
import { type InputReader, inputReader } from './input-reader.ts'
import { streamHandler } from './stream-handler.ts'

export function mountRest(app: Hono<GatewayEnv>, services: Services, streaming: StreamingOptions): void {
  for (const route of listRestRoutes(appRouter)) {
    const path = PATHS.rest + route.path.replace(/\{(\w+)\}/g, ':$1')
    const readInput = inputReader(route, services.maxBodyBytes)
    const { stream } = route.meta
    app.on(
      route.method,
      path,
      stream
        ? streamHandler(route, stream.event, { readInput, services, streaming })
        : restHandler(route, readInput, services),
    )
  }
}

/** Passes Core's response on byte for byte. */
function restHandler(route: RestRoute, readInput: InputReader, services: Services): Handler<GatewayEnv> {
  return async function restOperation(c) {
    const raw: RawJson = {}
    const output = await callTRPCProcedure({
      router: appRouter,
      path: route.operation,
      type: route.procedure._def.type,
      // Read lazily, after authentication: bodies of unauthenticated callers are never read.
      async getRawInput() {
        const input = await readInput(c)
        raw.input = input.text
        return input.value
      },
      ctx: { services, inbound: getRequestContext(c), raw },
      signal: undefined,
      batchIndex: 0,
    })
    return new Response(raw.response?.bytes ?? stringifyJson(output), {
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    })
  }
}
