import { describeIssue, toIssues } from '@achilles/mcp-contract'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Caller, startCaller } from '../support/arbitrary-calls.ts'
import { arbitraryInput } from '../support/arbitrary-inputs.ts'
import { key, objectOf } from '../support/arbitrary-json.ts'
import { asNative } from '../support/arbitrary-wire.ts'
import { OPERATIONS, type Operation, validInput } from '../support/operations.ts'
import { type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

// A fixed seed by default, so that builds are reproducible.
const seed = Number(process.env.FAST_CHECK_SEED ?? 596769088)
const operations = OPERATIONS.filter(({ input }) => input)
const operationOf = (name: string) => operations.find(({ operation }) => operation === name) as Operation

let core: ScriptedCore
let gateway: TestGateway
let caller: Caller

beforeAll(async () => {
  process.stdout.write(`native properties: FAST_CHECK_SEED=${seed}\n`)
  core = await startScriptedCore()
  gateway = await startTestGateway(core)
  caller = startCaller(gateway, core)
})

afterAll(async () => {
  caller.close()
  await gateway.close()
  await core.close()
})

/** Values that superjson can carry but JSON cannot, so REST has no equivalent. */
const unsayable = fc.oneof(
  fc.constantFrom<unknown>(undefined, Number.NaN, Infinity, -Infinity, 0n, 5n, -1n, new Date(Number.NaN)),
  fc.date({ noInvalidDate: true }),
)
const within = fc.oneof(
  unsayable,
  unsayable.map((value) => [value]),
  fc.tuple(key, unsayable).map(([name, value]) => ({ [name]: [{ [name]: value }] })),
)

const unsayableInput = fc.oneof(
  ...operations.map((operation) => {
    const names = fc.oneof(fc.constantFrom(...Object.keys(operation.input?.shape ?? {})), key)
    return fc
      .tuple(arbitraryInput(operation), names, within)
      .map(([input, name, value]) => ({ to: operation.operation, input: withField(input, name, value) }))
  }),
)

const withField = (input: unknown, name: string, value: unknown): unknown =>
  typeof input === 'object' && input !== null && !Array.isArray(input)
    ? objectOf([...Object.entries(input), [name, value]])
    : value

test('values that only superjson can carry are validated by the schema', async () => {
  const property = fc.asyncProperty(unsayableInput, async ({ to, input }) => {
    const operation = operationOf(to)
    const parsed = (operation.input ?? z.never()).safeParse(asNative(input), { error: describeIssue })
    const { status, issues, core } = await caller.native(operation, input)
    expect({ status, issues }).toEqual({
      status: parsed.success ? 200 : 400,
      issues: parsed.error && toIssues(parsed.error),
    })
    expect(core !== undefined).toBe(parsed.success)
  })
  await fc.assert(property, { seed, numRuns: 1_500, interruptAfterTimeLimit: 250_000, markInterruptAsFailure: true })
})

const path = fc.oneof(
  fc.constantFrom('', '.', '..', '\\', '\\.', 'payload', 'payload.a', 'payload.a.b', 'session_id', 'session_id.length'),
  fc.constantFrom(
    '__proto__',
    'payload.__proto__',
    'constructor.prototype',
    'payload.constructor.prototype',
    'toString',
  ),
  key,
)
const type = fc.oneof(
  fc.constantFrom<unknown>('Date', 'bigint', 'undefined', 'number', 'regexp', 'map', 'set', 'Error', 'URL', 'symbol'),
  fc.constantFrom<unknown>(
    ['class', 'X'],
    ['custom', 'Y'],
    ['typed-array', 'Uint8Array'],
    ['symbol', 's'],
    null,
    5,
    {},
    [],
  ),
)
const tree = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    type.map((one) => [one]),
    fc.tuple(type, fc.array(fc.tuple(path, tie('node'))).map(objectOf)),
    fc.array(fc.tuple(path, tie('node'))).map(objectOf),
  ),
})).node
const equalities = fc.array(fc.tuple(path, fc.array(path, { maxLength: 3 })), { maxLength: 3 }).map(objectOf)
const hostileMeta = fc.oneof<fc.Arbitrary<unknown>[]>(
  fc.jsonValue(),
  fc.record({ values: tree }),
  fc.record({
    values: tree,
    referentialEqualities: fc.oneof(equalities, fc.tuple(fc.array(path), equalities), fc.jsonValue()),
  }),
)

test('broken superjson meta is a 200 or a 400, and changes no prototype', async () => {
  const snapshot = operationOf('state.snapshot')
  const input = { ...validInput(snapshot), payload: { a: { b: '5' }, '': 'x', 'a.b': '2026-03-02T09:00:00Z' } }
  const prototypes = [Object.prototype, Array.prototype, String.prototype, Date.prototype]
  const before = prototypes.map(Object.getOwnPropertyNames)
  const property = fc.asyncProperty(hostileMeta, async (meta) => {
    const { status, problem } = await gateway.native('state.snapshot', input, meta)
    expect(status === 200 || (status === 400 && problem?.code === 'BAD_REQUEST')).toBe(true)
    expect(prototypes.map(Object.getOwnPropertyNames)).toEqual(before)
  })
  await fc.assert(property, { seed, numRuns: 1_500, interruptAfterTimeLimit: 250_000, markInterruptAsFailure: true })
})

test.each([
  ['state.snapshot', 'payload'],
  ['sessions.create', 'config_snapshot'],
  ['signals.ingest', 'agent_metadata'],
])('%s: a Date is not an object, like its text on REST', async (to, field) => {
  const operation = operationOf(to)
  const input = { ...validInput(operation), [field]: new Date(0) }
  expect(await caller.native(operation, input)).toMatchObject({ status: 400, issues: [{ path: field }] })
  expect(await caller.rest(operation, input)).toMatchObject({ status: 400, issues: [{ path: field }] })
})
