import * as contract from '@achilles/mcp-contract'
import { ExactNumber, isPlainObject, parseJson, stringifyJson, toIssues } from '@achilles/mcp-contract'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import {
  type Caller,
  canBeSaidOnRest,
  canBeSaidOverMcp,
  type Outcome,
  startCaller,
  withNestedText,
} from '../support/arbitrary-calls.ts'
import { arbitraryInput } from '../support/arbitrary-inputs.ts'
import { asNative, asNativeJson, asRest } from '../support/arbitrary-wire.ts'
import { OPERATIONS, type Operation, validInput } from '../support/operations.ts'
import { type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const INPUTS = 10_500
const AT_ONCE = 50
const SHRINK_LIMIT_MS = 30_000

// A fixed seed by default, so that builds are reproducible.
const seed = Number(process.env.FAST_CHECK_SEED ?? 1345903072)
const operations = OPERATIONS.filter(({ input }) => input)
const operationOf = (name: string) => operations.find(({ operation }) => operation === name) as Operation

let core: ScriptedCore
let gateway: TestGateway
let caller: Caller

beforeAll(async () => {
  core = await startScriptedCore()
  gateway = await startTestGateway(core)
  caller = startCaller(gateway, core)
  // Concurrent batches are then coalesced, unless TEST_GROUP_FORWARDING is off.
  const handshake = operationOf('handshake')
  expect((await caller.rest(handshake, validInput(handshake))).status).toBe(200)
})

afterAll(async () => {
  caller.close()
  await gateway.close()
  await core.close()
})

/** An input and the name of its operation, so that a counterexample is short. */
interface Sending {
  to: string
  input: unknown
  restFirst: boolean
  /** A third of them, since they take the most time and find the least. */
  overMcp: boolean
}

const sending: fc.Arbitrary<Sending> = fc.oneof(
  ...operations.map((operation) =>
    fc.record({
      to: fc.constant(operation.operation),
      input: arbitraryInput(operation).map(complete),
      restFirst: fc.boolean(),
      overMcp: fc.constantFrom(true, false, false),
    }),
  ),
)

/** Adds the ids and times that events lack: the gateway would create others for each surface. */
function complete(input: unknown): unknown {
  if (!isPlainObject(input)) return input
  if (Array.isArray(input.events)) return { ...input, events: input.events.map(completeEvent) }
  return 'event_type' in input ? completeEvent(input, 0) : input
}

/** With the keys in the schema's order, as in any other input. */
function completeEvent(event: unknown, index: number): unknown {
  if (!isPlainObject(event)) return event
  const { event_id = `e-${index}`, timestamp = '2026-03-02T09:00:00Z' } = event
  const completed: Record<string, unknown> = { ...event, event_id, timestamp }
  const known = Object.keys(contract.MCPEvent.shape).filter((name) => Object.hasOwn(completed, name))
  return { ...Object.fromEntries(known.map((name) => [name, completed[name]])), ...completed }
}

const counts = { valid: 0, nativeOnly: 0, overMcp: 0 }

/** Sends one input over the surfaces and compares the outcomes with each other and with the schema's result. */
async function judge({ to, input, restFirst, overMcp }: Sending): Promise<void> {
  const operation = operationOf(to)
  const onRest = canBeSaidOnRest(operation, input)
  const early = onRest && restFirst ? await caller.rest(operation, input) : undefined
  const native = await caller.native(operation, input)
  const rest = onRest ? (early ?? (await caller.rest(operation, input))) : undefined
  if (native.status === 200) counts.valid++
  if (!rest) counts.nativeOnly++
  expect(inNativeTerms(native)).toEqual(inNativeTerms(expectedOutcome(operation, asNative(input))))
  if (overMcp && canBeSaidOverMcp(input)) {
    counts.overMcp++
    await judgeOverMcp(operation, input)
  }
  if (!rest) return
  if (standsForAnObject(input)) expect(rest.status).toBe(native.status)
  else expect(inNativeTerms(rest)).toEqual(inNativeTerms(native))
  expect(exactly(rest)).toEqual(exactly(expectedOutcome(operation, asRest(input))))
}

async function judgeOverMcp(operation: Operation, input: unknown): Promise<void> {
  if (operation.operation === 'signals.ingest')
    return judgeOverMcp(operationOf('signals.ingestBatch'), { events: [input] })
  const expected = exactly(expectedOutcome(operation, asRest(input)))
  for (const sent of [input, withNestedText(operation, input)]) {
    expect(exactly(await caller.mcp(operation, sent))).toEqual(expected)
  }
}

/**
 * A long decimal instead of a whole input or an event: rejected on both surfaces with different messages, since on REST it
 * is an object that keeps its digits.
 */
function standsForAnObject(input: unknown): boolean {
  const events = isPlainObject(input) && Array.isArray(input.events) ? input.events : []
  return [input, ...events].some((value) => value instanceof ExactNumber)
}

/** The schema's own result, and what Core should receive. */
function expectedOutcome({ input: schema, core, toCore }: Operation, input: unknown): Outcome {
  const parsed = (schema ?? z.never()).safeParse(input, { error: contract.describeIssue })
  if (!parsed.success) return { status: 400, issues: toIssues(parsed.error), core: undefined }
  const value = parsed.data as Record<string, unknown>
  const url = core.path.replace('ses_8c41', () => encodeURIComponent(String(value.session_id)))
  const text = stringifyJson(toCore ? toCore(value) : value)
  return { status: 200, issues: undefined, core: { method: core.method, url, text } }
}

const exactly = ({ core, ...verdict }: Outcome) => ({
  ...verdict,
  core: core && { ...core, text: parseJson(core.text) },
})
const inNativeTerms = ({ core, ...verdict }: Outcome) => ({
  ...verdict,
  core: core && { ...core, text: asNativeJson(core.text) },
})

const schemas = () =>
  JSON.stringify(
    Object.entries(contract).flatMap(([name, schema]) =>
      schema instanceof z.ZodType
        ? [
            [
              name,
              z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
              z.toJSONSchema(schema, { unrepresentable: 'any' }),
            ],
          ]
        : [],
    ),
  )

/** Invalid inputs that coercion would make valid. */
const COERCIBLE: [to: string, field: string, value: unknown][] = [
  ['projects.resolve', 'create_if_missing', 'false'],
  ['signals.insights', 'limit', '5'],
  ['signals.insights', 'since', null],
  ['agents.recordPerformance', 'tasks_failed', null],
  ['errors.correlate', 'window_seconds', '5'],
]

async function expectNoCoercion(): Promise<void> {
  for (const [to, field, value] of COERCIBLE) {
    const operation = operationOf(to)
    const input = { ...validInput(operation), [field]: value }
    for (const call of [caller.rest, caller.native, caller.mcp]) {
      expect(await call(operation, input)).toMatchObject({ status: 400, issues: [{ path: field }], core: undefined })
    }
  }
}

/** Sends many inputs concurrently; returns the index of the first that fails. */
async function firstFailure(inputs: Sending[]): Promise<{ index: number; error: unknown } | undefined> {
  for (let begin = 0; begin < inputs.length; begin += AT_ONCE) {
    const outcomes = await Promise.allSettled(inputs.slice(begin, begin + AT_ONCE).map(judge))
    for (const [offset, outcome] of outcomes.entries()) {
      if (outcome.status === 'rejected') return { index: begin + offset, error: outcome.reason }
    }
  }
  return undefined
}

test('every input, valid or hostile, has the same result and reaches Core as the same value', async () => {
  process.stdout.write(`properties: FAST_CHECK_SEED=${seed}\n`)
  const before = schemas()
  await expectNoCoercion()
  const begun = performance.now()
  const failure = await firstFailure(fc.sample(sending, { seed, numRuns: INPUTS }))
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  const { valid, nativeOnly, overMcp } = counts
  process.stdout.write(
    `properties: ${INPUTS} inputs, ${valid} of them valid, ${nativeOnly} native alone, ${overMcp} over MCP, ${caller.sent()} requests, ${caller.shared()} in a call of another’s, ${seconds} s\n`,
  )
  if (failure) {
    const path = String(failure.index)
    await fc.assert(fc.asyncProperty(sending, judge), { seed, path, interruptAfterTimeLimit: SHRINK_LIMIT_MS })
    // It passes on its own, so the failure depends on concurrent inputs.
    throw failure.error
  }
  expect(valid / INPUTS).toBeGreaterThan(0.25)
  if (process.env.TEST_GROUP_FORWARDING === 'off') expect(caller.shared()).toBe(0)
  else expect(caller.shared()).toBeGreaterThan(100)
  await expectNoCoercion()
  expect(schemas()).toBe(before)
})
