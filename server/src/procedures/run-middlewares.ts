import { type AnyTRPCProcedure, getTRPCErrorFromUnknown, type TRPCError } from '@trpc/server'
import type { Context } from './context.ts'

/** A call as tRPC's adapters make it, and as each middleware receives it. */
interface Call {
  path: string
  type: 'query' | 'mutation' | 'subscription'
  ctx: Context
  input: unknown
  getRawInput: () => Promise<unknown>
  signal: AbortSignal | undefined
  batchIndex: number
}

interface Changes {
  ctx?: object
  input?: unknown
  getRawInput?: Call['getRawInput']
}

type Outcome = { ok: true; data: unknown } | { ok: false; error: TRPCError }
type Middleware = (call: Call & { meta: unknown; next: (changes?: Changes) => Promise<Outcome> }) => Promise<Outcome>

/** A procedure's definition; tRPC does not export its type. */
interface Definition {
  middlewares: readonly Middleware[]
  meta: unknown
}

/**
 * Calls a procedure: its middlewares in order, the resolver last. tRPC's own caller does the same, but copies the call
 * four times for each middleware, by property descriptors.
 * @throws TRPCError of the first failure, with the thrown value as its cause
 */
export async function runMiddlewares({ args, _def }: { args: unknown[]; _def: AnyTRPCProcedure['_def'] }) {
  const outcome = await run(_def as unknown as Definition, 0, args[0] as Call)
  if (!outcome.ok) throw outcome.error
  return outcome.data
}

async function run(definition: Definition, index: number, call: Call): Promise<Outcome> {
  const { path, type, ctx, input, getRawInput, signal, batchIndex } = call
  const { middlewares, meta } = definition
  try {
    return await (middlewares[index] as Middleware)({
      path,
      type,
      ctx,
      input,
      getRawInput,
      signal,
      batchIndex,
      meta,
      next(changes = {}) {
        return run(definition, index + 1, {
          path,
          type,
          ctx: changes.ctx ? Object.assign({}, ctx, changes.ctx) : ctx,
          input: 'input' in changes ? changes.input : input,
          getRawInput: changes.getRawInput ?? getRawInput,
          signal,
          batchIndex,
        })
      },
    })
  } catch (cause) {
    return { ok: false, error: getTRPCErrorFromUnknown(cause) }
  }
}
