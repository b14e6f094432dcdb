import { afterAll, describe, expect, test, vi } from 'vitest'
import { listProcedures } from '../../src/procedures/list-procedures.ts'
import { OPERATIONS, type Operation, validInput } from '../support/operations.ts'
import { reply, type Script, startScriptedCore } from '../support/scripted-core.ts'
import type { TestGateway } from '../support/test-gateway.ts'

interface Runner {
  gateway: TestGateway
  /** What each middleware was called with and what its `next` returned, since the last call of this. */
  takeSeen(): unknown[]
}

type Middleware = (call: Record<string, unknown> & { next: (...args: unknown[]) => Promise<object> }) => Promise<object>

const core = await startScriptedCore()
// Two copies of the gateway's modules: one with tRPC's own caller.
const own = await startRunner()
vi.resetModules()
vi.doMock('../../src/procedures/run-middlewares.ts', () => ({
  runMiddlewares: ({ args, invoke }: { args: unknown[]; invoke: (...args: unknown[]) => unknown }) => invoke(...args),
}))
const trpcs = await startRunner()

afterAll(async () => {
  await Promise.all([own.gateway.close(), trpcs.gateway.close()])
  await core.close()
})

async function startRunner(): Promise<Runner> {
  const { appRouter } = await import('../../src/procedures/router.ts')
  const { startTestGateway } = await import('../support/test-gateway.ts')
  const seen: unknown[] = []
  for (const { operation, procedure, meta } of listProcedures(appRouter)) {
    // Not in tRPC's types; it calls the middlewares of this very array.
    const { middlewares } = procedure._def as unknown as { middlewares: Middleware[] }
    middlewares.forEach((middleware, index) => {
      middlewares[index] = async (call) => {
        const at = `${operation} ${index}`
        seen.push({ at, call: { ...describeCall(call), meta: call.meta === meta } })
        const next = async (...args: unknown[]) => {
          const outcome = await call.next(...args)
          seen.push({ at, next: describeOutcome(outcome) })
          return outcome
        }
        return middleware({ ...call, next })
      }
    })
  }
  const gateway = await startTestGateway(core, { upstream: { maxRetries: 0 } })
  return { gateway, takeSeen: () => seen.splice(0) }
}

/** Everything but functions and objects of one gateway. */
const describeCall = ({ ctx, signal, router, next: _, ...call }: Record<string, unknown>) => ({
  ...Object.fromEntries(
    Object.entries(call).map(([key, value]) => [key, typeof value === 'function' ? 'function' : value]),
  ),
  ctx: Object.keys(ctx as object).sort(),
  aborts: signal instanceof AbortSignal,
  router: typeof router,
})

const describeOutcome = (outcome: object) => {
  const { ok, data, error } = outcome as { ok: boolean; data?: unknown; error?: Error & { code: string } }
  return { ok, data, error: error && { name: error.name, code: error.code, message: error.message } }
}

const CASES: Record<string, { core?: Script; input?: (operation: Operation) => unknown }> = {
  'a call that succeeds': {},
  'an input that its schema rejects': { input: () => ({ unknown_key: 1 }) },
  'an error response of Core': { core: reply(503, { detail: 'not now' }) },
  'a response that violates the contract': { core: reply(200, { status: 7 }) },
}

// As a plain native call, through tRPC's own adapter, and over REST.
const SURFACES: Record<
  string,
  (gateway: TestGateway, operation: Operation, input: unknown) => Promise<{ status: number }>
> = {
  native: ({ native }, { operation }, input) => native(operation, input),
  "tRPC's adapter": ({ native }, { operation }, input) => native(`${operation}?more=1`, input),
  REST: ({ rest }, { method, path }, input) =>
    rest(method, path.replace('{session_id}', 'ses_8c41'), method === 'GET' ? undefined : input),
}

describe.each(Object.entries(SURFACES))('%s', (_surface, call) => {
  describe.each(Object.entries(CASES))('%s', (_name, { core: script, input }) => {
    test.each(OPERATIONS)('middlewares of $operation see the same as with tRPC’s own caller', async (operation) => {
      const value = input ? input(operation) : operation.input && validInput(operation)
      const observed = []
      for (const { gateway, takeSeen } of [own, trpcs]) {
        core.answer(script ?? reply(200, operation.answer))
        const { status } = await call(gateway, operation, value)
        observed.push({ status, seen: takeSeen() })
      }
      expect(observed[0]?.seen).not.toHaveLength(0)
      expect(observed[0]).toEqual(observed[1])
    })
  })
})

test('the two gateways differ in the caller', async () => {
  const mocked = await import('../../src/procedures/run-middlewares.ts')
  expect(String(mocked.runMiddlewares)).toContain('invoke')
})
