import { isPlainObject, parseJson, stringifyJson } from '@achilles/mcp-contract'
import { callTRPCProcedure } from '@trpc/server'
import type { Handler } from 'hono'
import type { z } from 'zod'
import type { GatewayContext, GatewayEnv } from '../../gate/gateway-env.ts'
import { headerOf } from '../../gate/header-of.ts'
import { inboundOf } from '../../gate/inbound.ts'
import { isJsonMediaType } from '../../gate/media-type.ts'
import { readBody } from '../../gate/read-body.ts'
import { badRequest, GatewayError } from '../../problem/gateway-error.ts'
import type { Services } from '../../procedures/context.ts'
import { appRouter } from '../../procedures/router.ts'
import { queryReader } from './query.ts'
import type { RestRoute } from './routes.ts'

/** Serves one REST operation: input from path, query or body; the answer in Core's very bytes where it came from Core. */
export function restHandler(route: RestRoute, services: Services): Handler<GatewayEnv> {
  const readInput = inputReader(route, services.maxBodyBytes)
  return async function restOperation(c) {
    let written: string | undefined
    let answer: Buffer | undefined
    const output = await callTRPCProcedure({
      router: appRouter,
      path: route.operation,
      type: route.procedure._def.type,
      // Asked for by the procedure, after it has looked at who calls: strangers' bodies are not read.
      async getRawInput() {
        const input = await readInput(c)
        written = input.written
        return input.value
      },
      ctx: {
        services,
        inbound: inboundOf(c),
        writtenInput: () => written,
        onAnswer(bytes: Buffer) {
          answer = bytes
        },
      },
      signal: undefined,
      batchIndex: 0,
    })
    return new Response(answer ?? stringifyJson(output), {
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    })
  }
}

/** An input, and the JSON that it was read from where that is all there is to it. */
interface Input {
  value: unknown
  written?: string | undefined
}

type InputReader = (c: GatewayContext) => Input | Promise<Input>

function inputReader({ method, procedure, pathParameters }: RestRoute, maxBodyBytes: number): InputReader {
  const [input] = procedure._def.inputs
  if (input === undefined) return () => ({ value: undefined })
  if (method === 'GET') {
    const readQuery = queryReader(input as z.ZodObject)
    return (c) => ({ value: readQuery(c.req.queries()) })
  }
  return async (c) => {
    const input = await readJson(c, maxBodyBytes)
    return pathParameters.length === 0 ? input : { value: withPathParameters(input.value, c, pathParameters) }
  }
}

async function readJson(c: GatewayContext, maxBodyBytes: number): Promise<Input> {
  const contentType = headerOf(c, 'content-type')
  if (!isJsonMediaType(contentType)) {
    throw new GatewayError(
      'UNSUPPORTED_MEDIA_TYPE',
      `The body must be application/json, not ${contentType ?? 'without a content-type'}.`,
    )
  }
  const text = await readBody(c, maxBodyBytes)
  try {
    return { value: parseJson(text), written: text }
  } catch (error) {
    throw badRequest([{ path: '', message: 'the body is not JSON' }], error)
  }
}

/** A path parameter stands in the path alone: in the body it is an unknown key like any other. */
function withPathParameters(body: unknown, c: GatewayContext, names: string[]): unknown {
  if (!isPlainObject(body)) return body
  const doubled = names.filter((name) => Object.hasOwn(body, name))
  if (doubled.length > 0) throw badRequest(doubled.map((path) => ({ path, message: 'unknown key' })))
  return { ...body, ...Object.fromEntries(names.map((name) => [name, c.req.param(name)])) }
}
