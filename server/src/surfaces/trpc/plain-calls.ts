import {
  type AnyTRPCProcedure,
  getErrorShape,
  getTRPCErrorFromUnknown,
  TRPCError,
  transformTRPCResponse,
} from '@trpc/server'
import { getHTTPStatusCode } from '@trpc/server/http'
import type { GatewayContext } from '../../gate/gateway-env.ts'
import { headerOf } from '../../gate/header-of.ts'
import { readBody } from '../../gate/read-body.ts'
import type { Context, Services } from '../../procedures/context.ts'
import { proceduresOf } from '../../procedures/procedures-of.ts'
import { appRouter } from '../../procedures/router.ts'
import { contextOf, headersFor, reportError } from './trpc-call.ts'

/** Calls that ask of tRPC nothing but its wire: JSON that comes by `POST` and is answered whole. */
export interface PlainCalls {
  /** Paths of procedures, all of one type. */
  operations: string[]
  isBatch: boolean
}

const CONFIG = appRouter._def._config
const PROCEDURES = new Map(proceduresOf(appRouter).map(({ operation, procedure }) => [operation, procedure]))

/**
 * The plain calls that a request makes; undefined where it asks for anything that is tRPC's own business.
 * @param path the procedures, as the URL names them
 * @param maxCalls how many a batch may hold
 */
export function plainCallsOf(c: GatewayContext, path: string, maxCalls: number): PlainCalls | undefined {
  if (c.req.method !== 'POST' || asksForStream(c)) return undefined
  const [, query] = c.req.url.split('?', 2)
  if (query !== undefined && query !== 'batch=1') return undefined
  const isBatch = query !== undefined
  const operations = isBatch ? path.split(',') : [path]
  const types = new Set(operations.map((operation) => PROCEDURES.get(operation)?._def.type))
  return operations.length <= maxCalls && types.size === 1 && !types.has(undefined)
    ? { operations, isBatch }
    : undefined
}

const asksForStream = (c: GatewayContext) =>
  headerOf(c, 'trpc-accept') !== undefined || headerOf(c, 'accept')?.includes('jsonl')

type Outcome = { data: unknown } | { error: TRPCError }

/**
 * Answers plain calls as tRPC’s `resolveResponse` would, which spends half a call's time on what they have no use for: five
 * abort signals, a URL, headers of the Fetch API.
 * @see https://trpc.io/docs/rpc
 */
export async function answerPlainCalls(
  c: GatewayContext,
  { operations, isBatch }: PlainCalls,
  services: Services,
): Promise<Response> {
  let context: Context | undefined
  let inputs: Promise<Inputs> | undefined
  const call = async (operation: string, batchIndex: number): Promise<Outcome> => {
    const procedure = PROCEDURES.get(operation) as AnyTRPCProcedure
    try {
      context ??= contextOf(c, services, operations.length)
      const data = await procedure({
        path: operation,
        // Asked for by the procedure, after it has looked at who calls: strangers' bodies are not read.
        getRawInput: async () => {
          inputs ??= readInputs(c, { isBatch, limit: services.maxBodyBytes })
          return (await inputs)(batchIndex)
        },
        ctx: context,
        type: procedure._def.type,
        signal: undefined,
        batchIndex,
      })
      return { data }
    } catch (cause) {
      const error = getTRPCErrorFromUnknown(cause)
      reportError(c, services, { error, operation })
      return { error }
    }
  }
  const outcomes = await Promise.all(operations.map(call))
  const answers = outcomes.map((outcome, index) => {
    if ('data' in outcome) return { result: outcome }
    const path = operations[index] as string
    const { type } = (PROCEDURES.get(path) as AnyTRPCProcedure)._def
    return {
      error: getErrorShape({ config: CONFIG, ctx: context, error: outcome.error, input: undefined, path, type }),
    }
  })
  const errors = outcomes.map((outcome) => ('error' in outcome ? outcome.error : undefined))
  const [first] = answers
  return new Response(JSON.stringify(transformTRPCResponse(CONFIG, isBatch ? answers : (first as never))), {
    status: getHTTPStatusCode(answers, errors),
    headers: {
      vary: 'trpc-accept, accept',
      'content-type': 'application/json',
      ...headersFor(errors.filter((error) => error !== undefined)),
    },
  })
}

/** The input of the call at an index, as it came. */
type Inputs = (index: number) => unknown

async function readInputs(c: GatewayContext, { isBatch, limit }: { isBatch: boolean; limit: number }): Promise<Inputs> {
  const text = await readBody(c, limit)
  if (text === '') return () => undefined
  const body = parsed(text)
  const { deserialize } = CONFIG.transformer.input
  if (!isBatch) return () => deserialize(body)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new TRPCError({ code: 'BAD_REQUEST', message: '"input" needs to be an object when doing a batch call' })
  }
  return (index) => {
    const { [index]: input } = body as Record<number, unknown>
    return input === undefined ? undefined : deserialize(input)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TRPCError({ code: 'BAD_REQUEST', message: (cause as Error).message, cause })
  }
}
