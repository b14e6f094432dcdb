import { isPlainObject, parseJson } from '@achilles/mcp-contract'
import { getErrorShape, getTRPCErrorFromUnknown, TRPCError, transformTRPCResponse } from '@trpc/server'
import { getHTTPStatusCode } from '@trpc/server/http'
import type { TRPCResponse } from '@trpc/server/rpc'
import type { GatewayContext } from '../../gate/gateway-env.ts'
import { headerOf } from '../../gate/header-of.ts'
import { readBody } from '../../gate/read-body.ts'
import type { Context, Services } from '../../procedures/context.ts'
import { type NamedProcedure, proceduresOf } from '../../procedures/procedures-of.ts'
import { appRouter } from '../../procedures/router.ts'
import { contextOf, headersFor, reportError } from './trpc-call.ts'

/** Calls that ask of tRPC nothing but its wire: JSON that comes by `POST` and is answered whole. */
export interface PlainCalls {
  /** Those called, all of one type. */
  procedures: NamedProcedure[]
  isBatch: boolean
}

const CONFIG = appRouter._def._config
/** Every procedure, by its name. */
export const PROCEDURES = new Map(proceduresOf(appRouter).map((named) => [named.operation, named]))

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
  const names = isBatch ? path.split(',') : [path]
  const procedures = names.flatMap((name) => PROCEDURES.get(name) ?? [])
  const areKnown = procedures.length === names.length && names.length <= maxCalls
  const types = new Set(procedures.map(({ procedure }) => procedure._def.type))
  return areKnown && types.size === 1 ? { procedures, isBatch } : undefined
}

const asksForStream = (c: GatewayContext) =>
  headerOf(c, 'trpc-accept') !== undefined || headerOf(c, 'accept')?.includes('jsonl')

/** What one call adds to the answer, and why it failed, if it did. */
interface Outcome {
  answer: TRPCResponse
  error?: TRPCError
}

/**
 * Answers plain calls as tRPC’s `resolveResponse` would, which spends a third of a call's time on what they have no use for:
 * five abort signals, a URL, headers of the Fetch API.
 * @see https://trpc.io/docs/rpc
 */
export async function answerPlainCalls(
  c: GatewayContext,
  { procedures, isBatch }: PlainCalls,
  services: Services,
): Promise<Response> {
  let context: Context | undefined
  let inputs: Promise<Inputs> | undefined
  let written: string | undefined
  const call = async ({ operation, procedure }: NamedProcedure, batchIndex: number): Promise<Outcome> => {
    try {
      context ??= contextOf(c, services, procedures.length, () => written)
      const data = await procedure({
        path: operation,
        // Asked for by the procedure, after it has looked at who calls: strangers' bodies are not read.
        async getRawInput() {
          inputs ??= readInputs(c, { isBatch, limit: services.maxBodyBytes })
          const { inputAt, written: text } = await inputs
          written = text
          return inputAt(batchIndex)
        },
        ctx: context,
        type: procedure._def.type,
        signal: undefined,
        batchIndex,
      })
      return { answer: { result: { data } } }
    } catch (cause) {
      const error = getTRPCErrorFromUnknown(cause)
      reportError(c, services, { error, operation })
      const { type } = procedure._def
      const shape = getErrorShape({ config: CONFIG, ctx: context, error, input: undefined, path: operation, type })
      return { answer: { error: shape }, error }
    }
  }
  const outcomes = await Promise.all(procedures.map(call))
  const answers = outcomes.map(({ answer }) => answer)
  const errors = outcomes.map(({ error }) => error)
  const [first] = answers
  return new Response(JSON.stringify(transformTRPCResponse(CONFIG, isBatch ? answers : (first as TRPCResponse))), {
    status: getHTTPStatusCode(answers, errors),
    headers: {
      vary: 'trpc-accept, accept',
      'content-type': 'application/json',
      ...headersFor(errors.filter((error) => error !== undefined)),
    },
  })
}

/** What came with the calls. */
interface Inputs {
  inputAt(index: number): unknown
  /** The text of the only input, where JSON is all there is to it. */
  written?: string | undefined
}

const [ENVELOPE_OPENS, ENVELOPE_CLOSES] = ['{"json":', '}']

async function readInputs(c: GatewayContext, { isBatch, limit }: { isBatch: boolean; limit: number }): Promise<Inputs> {
  const text = await readBody(c, limit)
  if (text === '') return { inputAt: () => undefined }
  const body = parsed(text)
  const { deserialize } = CONFIG.transformer.input
  if (!isBatch) return { inputAt: () => deserialize(body), written: jsonInside(text, body) }
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

/** What superjson's envelope holds, where it says nothing more of it. */
function jsonInside(text: string, body: unknown): string | undefined {
  const isBare = isPlainObject(body) && Object.keys(body).length === 1
  return isBare && text.startsWith(ENVELOPE_OPENS) && text.endsWith(ENVELOPE_CLOSES)
    ? text.slice(ENVELOPE_OPENS.length, -ENVELOPE_CLOSES.length)
    : undefined
}

function parsed(text: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    throw new TRPCError({ code: 'BAD_REQUEST', message: (cause as Error).message, cause })
  }
}
