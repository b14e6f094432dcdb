import { isPlainObject, parseJson } from '@achilles/mcp-contract'
import { getErrorShape, TRPCError, transformTRPCResponse } from '@trpc/server'
import { getHTTPStatusCode } from '@trpc/server/http'
import type { TRPCResponse } from '@trpc/server/rpc'
import type { GatewayContext } from '../../http/env.ts'
import { readBody } from '../../http/read-body.ts'
import type { Context, Services } from '../../procedures/context.ts'
import { listProcedures, type NamedProcedure } from '../../procedures/list-procedures.ts'
import { appRouter } from '../../procedures/router.ts'
import { toTrpcError } from '../../procedures/to-trpc-error.ts'
import { createContext, getResponseHeaders, reportError } from './trpc-call.ts'

/** Calls that need no tRPC feature beyond its wire format: JSON by `POST`, with a response that is not streamed. */
export interface PlainCalls {
  /** The called procedures, all of the same type. */
  procedures: NamedProcedure[]
  isBatch: boolean
}

export const CONFIG = appRouter._def._config
/** The procedures by path, e.g. `sessions.create`. */
export const PROCEDURES = new Map(listProcedures(appRouter).map((named) => [named.operation, named]))

/**
 * Parses a request as plain calls; undefined if tRPC itself must handle it.
 * @param path the procedures, as named in the URL
 * @param maxCalls the maximum number of calls in a batch
 */
export function toPlainCalls(c: GatewayContext, path: string, maxCalls: number): PlainCalls | undefined {
  if (c.req.method !== 'POST' || wantsStream(c)) return undefined
  const [, query] = c.req.url.split('?', 2)
  if (query !== undefined && query !== 'batch=1') return undefined
  const isBatch = query !== undefined
  const names = isBatch ? path.split(',') : [path]
  const procedures = names.flatMap((name) => PROCEDURES.get(name) ?? [])
  const areKnown = procedures.length === names.length && names.length <= maxCalls
  const types = new Set(procedures.map(({ procedure }) => procedure._def.type))
  return areKnown && types.size === 1 && !types.has('subscription') ? { procedures, isBatch } : undefined
}

const wantsStream = (c: GatewayContext) =>
  c.req.header('trpc-accept') !== undefined || c.req.header('accept')?.includes('jsonl')

interface Outcome {
  response: TRPCResponse
  error?: TRPCError
}

/**
 * Responds to plain calls as tRPC’s `resolveResponse` does, which spends a third of a call's time on objects they do not
 * need: five abort signals, a URL, Fetch API headers.
 * @see https://trpc.io/docs/rpc
 */
export async function handlePlainCalls(
  c: GatewayContext,
  { procedures, isBatch }: PlainCalls,
  services: Services,
): Promise<Response> {
  let context: Context | undefined
  let inputs: Promise<Inputs> | undefined
  const call = async ({ operation, procedure }: NamedProcedure, batchIndex: number): Promise<Outcome> => {
    try {
      context ??= createContext(c, services, procedures.length)
      const ctx = context
      const data = await procedure({
        path: operation,
        // Read lazily, after authentication: bodies of unauthenticated callers are never read.
        async getRawInput() {
          inputs ??= readInputs(c, { isBatch, limit: services.maxBodyBytes })
          const { inputAt, text } = await inputs
          ctx.raw.input = text
          return inputAt(batchIndex)
        },
        ctx,
        type: procedure._def.type,
        signal: undefined,
        batchIndex,
      })
      return { response: { result: { data } } }
    } catch (cause) {
      const error = toTrpcError(cause)
      reportError(c, services, { error, operation })
      const { type } = procedure._def
      const shape = getErrorShape({ config: CONFIG, ctx: context, error, input: undefined, path: operation, type })
      return { response: { error: shape }, error }
    }
  }
  const outcomes = await Promise.all(procedures.map(call))
  const responses = outcomes.map(({ response }) => response)
  const errors = outcomes.map(({ error }) => error)
  const [first] = responses
  return new Response(JSON.stringify(transformTRPCResponse(CONFIG, isBatch ? responses : (first as TRPCResponse))), {
    status: getHTTPStatusCode(responses, errors),
    headers: {
      vary: 'trpc-accept, accept',
      'content-type': 'application/json',
      ...getResponseHeaders(errors.filter((error) => error !== undefined)),
    },
  })
}

interface Inputs {
  inputAt(index: number): unknown
  /** The JSON text of the only input, if superjson adds no metadata to it. */
  text?: string | undefined
}

const [ENVELOPE_OPENS, ENVELOPE_CLOSES] = ['{"json":', '}']

async function readInputs(c: GatewayContext, { isBatch, limit }: { isBatch: boolean; limit: number }): Promise<Inputs> {
  const text = await readBody(c, limit)
  if (text === '') return { inputAt: () => undefined }
  const body = parseBody(text)
  const { deserialize } = CONFIG.transformer.input
  if (!isBatch) return { inputAt: () => deserialize(body), text: getBareJson(text, body) }
  if (!isPlainObject(body)) {
    throw new TRPCError({ code: 'BAD_REQUEST', message: '"input" needs to be an object when doing a batch call' })
  }
  return {
    inputAt(index) {
      const { [index]: input } = body
      return input === undefined ? undefined : deserialize(input)
    },
  }
}

/** The JSON text inside superjson's envelope, if that has no metadata. */
function getBareJson(text: string, body: unknown): string | undefined {
  const isBare = isPlainObject(body) && Object.keys(body).length === 1
  return isBare && text.startsWith(ENVELOPE_OPENS) && text.endsWith(ENVELOPE_CLOSES)
    ? text.slice(ENVELOPE_OPENS.length, -ENVELOPE_CLOSES.length)
    : undefined
}

function parseBody(text: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    throw new TRPCError({ code: 'BAD_REQUEST', message: (cause as Error).message, cause })
  }
}
