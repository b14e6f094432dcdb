import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BadInput, badInputs } from '../support/bad-inputs.ts'
import { OPERATIONS, type Operation, validInput } from '../support/operations.ts'
import { reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/test-gateway.ts'

let core: ScriptedCore
let gateway: TestGateway

beforeAll(async () => {
  core = await startScriptedCore()
  gateway = await startTestGateway({ url: core.url })
})

afterAll(async () => {
  await gateway.close()
  await core.close()
})

/** Sends an input, as JSON text, to REST; a path parameter is moved to the path. */
function overRest({ method, path, input }: Operation, text: string): Promise<Answer> {
  if (!input) return gateway.rest(method, path)
  if (!path.includes('{')) return gateway.rest(method, path, text)
  const { session_id, ...body } = JSON.parse(text)
  return gateway.rest(method, path.replace('{session_id}', encodeURIComponent(session_id)), body)
}

const overNative = ({ operation, input }: Operation, text: string): Promise<Answer> =>
  gateway.native(operation, input && JSON.parse(text))

/** The others are no tools. */
const isTool = ({ operation }: Operation) => !['coreHealth', 'signals.ingest'].includes(operation)

const overMcp = ({ operation }: Operation, text: string): Promise<Answer> => gateway.mcp(operation, text)

/** False for issues that REST cannot have: its path parameter is always non-empty text. */
const canBeWrongOnRest = ({ path }: Operation, bad: BadInput) =>
  !path.includes(`{${bad.path}}`) || JSON.parse(bad.text)[bad.path]?.length > 1

// The words are zod's own.
const SCHEMA_WORDS = /Invalid (input|option)|expected|received|Too (big|small)/

const withoutRequestId = ({ problem }: Answer) => ({ ...problem, request_id: '' })

async function expectRefusal(operation: Operation, bad: BadInput): Promise<void> {
  const native = await overNative(operation, bad.text)
  expect(native.status).toBe(400)
  expect(native.problem?.issues?.map(({ path }) => path)).toContain(bad.path)
  expect(native.problem?.detail).not.toMatch(SCHEMA_WORDS)
  if (bad.what.endsWith(': missing'))
    expect(native.problem?.issues).toContainEqual({ path: bad.path, message: 'required' })
  // Where an object or an array is wanted, a tool takes its JSON text.
  if (isTool(operation) && !bad.what.endsWith(': text')) {
    const mcp = await overMcp(operation, bad.text)
    expect(withoutRequestId(mcp)).toEqual(withoutRequestId(native))
  }
  if (!canBeWrongOnRest(operation, bad)) return
  const rest = await overRest(operation, bad.text)
  expect(rest.status).toBe(400)
  expect(withoutRequestId(rest)).toEqual(withoutRequestId(native))
}

async function expectEqualAnswers(operation: Operation): Promise<void> {
  const text = JSON.stringify(operation.input ? validInput(operation) : null)
  core.answer(reply(200, operation.answer))
  const rest = await overRest(operation, text)
  const native = await overNative(operation, text)
  expect(rest.status, rest.text).toBe(200)
  expect(native.status, native.text).toBe(200)
  expect(rest.value).toEqual(operation.answer)
  expect(native.value).toEqual(operation.answer)
  if (isTool(operation)) {
    const mcp = await overMcp(operation, text)
    expect(mcp.status, mcp.text).toBe(200)
    expect(mcp.value).toEqual(operation.answer)
  }

  const [first, ...others] = core.seen
  expect({ method: first?.method, path: first?.url }).toEqual(operation.core)
  expect(others).toHaveLength(isTool(operation) ? 2 : 1)
  for (const { method, url, text } of others) {
    expect({ method, path: url, text }).toEqual({ ...operation.core, text: first?.text })
  }
}

describe.each(OPERATIONS)('$operation', (operation) => {
  const rows = operation.input ? badInputs(operation) : []
  expect(rows.length === 0).toBe(operation.input === undefined)

  test(`${rows.length} invalid inputs are rejected alike, before and after valid ones`, async () => {
    core.answer(reply(200, operation.answer))
    for (const bad of rows) await expectRefusal(operation, bad)
    expect(core.seen).toEqual([])
    await expectEqualAnswers(operation)
    core.answer(reply(200, operation.answer))
    for (const bad of rows) await expectRefusal(operation, bad)
    expect(core.seen).toEqual([])
  })

  test('a valid input reaches Core alike and has equal responses', () => expectEqualAnswers(operation))
})

test('health does not call Core', async () => {
  core.answer(reply(500, {}))
  const rest = await gateway.rest('GET', '/health')
  const native = await gateway.native('health')
  const mcp = await gateway.mcp('health')
  const healthy = {
    status: 'ok',
    uptime_seconds: expect.any(Number),
    accepting_signals: true,
    last_ingest_error_at: null,
  }
  expect(rest.value).toEqual(healthy)
  expect(native.value).toEqual(healthy)
  expect(mcp.value).toEqual(healthy)
  expect(core.seen).toEqual([])
})

test('natively a query can also be a GET, with the same result', async () => {
  const [resolve] = OPERATIONS.filter(({ operation }) => operation === 'sessions.resolve')
  core.answer(reply(200, resolve?.answer))
  const input = encodeURIComponent(JSON.stringify({ json: resolve && validInput(resolve) }))
  const response = await fetch(`${gateway.url}/trpc/sessions.resolve?input=${input}`)
  expect(await response.json()).toEqual({ result: { data: { json: resolve?.answer } } })
  expect(core.seen.map(({ text }) => JSON.parse(text))).toEqual([resolve && validInput(resolve)])
})

test('insights over GET equal those over POST', async () => {
  const [insights] = OPERATIONS.filter(({ operation }) => operation === 'signals.insights')
  core.answer(reply(200, insights?.answer))
  const query = await gateway.rest(
    'GET',
    '/signals/insights?session_id=ses_8c41&limit=20&since=2026-03-02T09%3A00%3A00%2B01%3A00',
  )
  expect(query.value).toEqual(insights?.answer)
  expect(JSON.parse(core.seen[0]?.text ?? '')).toEqual({
    session_id: 'ses_8c41',
    limit: 20,
    since: '2026-03-02T09:00:00+01:00',
  })
})

test.each([
  ['limit=5.5', 'limit'],
  ['limit=five', 'limit'],
  ['limit=0x10', 'limit'],
  ['limit=', 'limit'],
  ['limit=%205', 'limit'],
  ['limit=201', 'limit'],
  ['limit=5&limit=6', 'limit'],
  ['page=2', 'page'],
  ['since=2026-03-02', 'since'],
])('insights over GET reject ?%s', async (parameter, path) => {
  core.answer(reply(200, []))
  const { status, problem } = await gateway.rest('GET', `/signals/insights?session_id=s&${parameter}`)
  expect(status).toBe(400)
  expect(problem?.issues?.map((issue) => issue.path)).toContain(path)
  expect(core.seen).toEqual([])
})

describe('a batch', () => {
  const event = (index: number) => ({
    event_id: `e-${index}`,
    event_type: 'file_saved',
    source_type: 'ide',
    session_id: 's',
    timestamp: '2026-03-02T09:00:00Z',
  })
  const batch = OPERATIONS.find(({ operation }) => operation === 'signals.ingestBatch') as Operation

  test.each([
    [
      'every fault',
      [
        event(0),
        event(1),
        event(2),
        { ...event(3), timestamp: 'noon' },
        { ...event(4), payload: { a: [JSON.parse('{"__proto__":1}')] } },
      ],
      ['events[3].timestamp', 'events[4].payload.a[0].__proto__'],
    ],
    ['twins', [event(0), event(1), event(0)], ['events[2].event_id']],
    ['1001 events', Array.from({ length: 1001 }, (_, index) => event(index)), ['events']],
    ['no event', [], ['events']],
    ['64 levels and one', [{ ...event(0), payload: nested(65) }], [`events[0].payload${'.a'.repeat(64)}`]],
  ])('with %s is rejected as a whole, with every issue', async (_what, events, paths) => {
    core.answer(reply(200, batch.answer))
    const text = JSON.stringify({ events })
    const rest = await overRest(batch, text)
    const native = await overNative(batch, text)
    expect(rest.problem?.issues?.map(({ path }) => path)).toEqual(paths)
    expect(withoutRequestId(native)).toEqual(withoutRequestId(rest))
    expect(withoutRequestId(await overMcp(batch, text))).toEqual(withoutRequestId(rest))
    expect(core.seen).toEqual([])
  })

  test('of 1000 events with payloads of 64 levels is forwarded', async () => {
    core.answer(reply(200, batch.answer))
    const events = Array.from({ length: 1000 }, (_, index) => ({ ...event(index), payload: nested(64) }))
    expect((await overRest(batch, JSON.stringify({ events }))).status).toBe(200)
    expect((await overMcp(batch, JSON.stringify({ events }))).status).toBe(200)
    expect(core.seen.map(({ text }) => JSON.parse(text))).toEqual([{ events }, { events }])
  })

  test('that Core accepted in part keeps its failed entries', async () => {
    const answer = { results: [], failed: [{ event_id: 'e-0', error: 'no', code: 'UNKNOWN_SESSION', hint: 1 }] }
    core.answer(reply(200, answer))
    const rest = await overRest(batch, JSON.stringify({ events: [event(0)] }))
    expect(rest).toMatchObject({ status: 200, value: answer })
    expect(await overNative(batch, JSON.stringify({ events: [event(0)] }))).toMatchObject({
      status: 200,
      value: answer,
    })
    expect(await overMcp(batch, JSON.stringify({ events: [event(0)] }))).toMatchObject({ status: 200, value: answer })
  })
})

function nested(levels: number): object {
  return levels === 1 ? {} : { a: nested(levels - 1) }
}
