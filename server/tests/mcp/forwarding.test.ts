import { expect } from 'vitest'
import { AGENT_CLIENTS, type AgentClient } from '../support/agent-clients.ts'
import { OPERATIONS, type Operation, validInput } from '../support/operations.ts'
import { reply } from '../support/scripted-core.ts'
import { test as base } from '../support/scripted-gateway.ts'
import { MCP_HEADERS, toolCall, toolOf } from '../support/tool-calls.ts'

const LARGE = '12345678901234567890'
const PRECISE = '0.12345678901234567890123'
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const operationOf = (name: string) => OPERATIONS.find(({ operation }) => operation === name) as Operation
const snapshot = validInput(operationOf('state.snapshot'))

const test = base.extend(
  'post',
  ({ gateway }) =>
    async (body: string, extra: Record<string, string> = {}): Promise<string> => {
      const headers = { ...MCP_HEADERS, ...extra }
      return (await fetch(`${gateway.url}/mcp`, { method: 'POST', headers, body })).text()
    },
)

// Patient: fifty clients on a busy machine can keep everybody waiting, and a retry would be a call more.
test.override('settings', { upstream: { timeoutMs: 30_000, deadlineMs: 60_000 } })

test('numbers beyond a double keep every digit to Core', async ({ core, post }) => {
  const row = operationOf('state.snapshot')
  core.answer(reply(200, row.answer))
  const payload = `{"large":${LARGE},"list":[-${LARGE},${PRECISE},1E400]}`
  await post(
    toolCall(
      'state.snapshot',
      JSON.stringify({ ...snapshot, payload: 0 }).replace('"payload":0', `"payload":${payload}`),
    ),
  )
  expect(core.seen[0]?.text).toContain(`"payload":${payload}`)
})

test('Core’s responses arrive unchanged: every digit, every field, an array wrapped', async ({ core, post }) => {
  const insight = JSON.stringify({ ...(operationOf('signals.insights').answer as object[])[0], payload: 0, added: 1 })
  const array = `[ ${insight.replace('"payload":0', `"payload":{"n":${LARGE},"d":${PRECISE},"constructor":1}`)}\r\n]`
  core.answer(reply(200, array))
  const text = await post(toolCall('signals.insights', '{"session_id":"s"}'))
  const wrapped = `{"insights":${array}}`
  expect(text).toContain(`"structuredContent":${wrapped.replace('\r\n', '  ')}}`)
  expect(JSON.parse(text).result.content).toEqual([{ type: 'text', text: wrapped }])
})

test('responses in a batch are each written unchanged', async ({ core, post }) => {
  const added = JSON.stringify({ ...(operationOf('state.snapshot').answer as object), n: 0 }).replace(
    '"n":0',
    `"n":${LARGE}`,
  )
  core.answer(reply(200, added))
  const call = (id: string) => toolCall('state.snapshot', JSON.stringify(snapshot), id)
  const text = await post(`[${call('a')},{"jsonrpc":"2.0","id":"b","method":"ping"},${call('c')}]`)
  expect(text.split(`"structuredContent":${added}`)).toHaveLength(3)
  expect(
    JSON.parse(text)
      .map(({ id }: { id: string }) => id)
      .sort(),
  ).toEqual(['a', 'b', 'c'])
})

test('a write has one idempotency key: the caller’s or a new one', async ({ core, post }) => {
  const row = operationOf('state.snapshot')
  const keyOf = () => core.seen.map(({ headers }) => headers['idempotency-key'])
  core.answer(reply(200, row.answer))
  await post(toolCall('state.snapshot', JSON.stringify(snapshot)), { 'idempotency-key': 'mine' })
  expect(keyOf()).toEqual(['mine'])
  core.answer(reply(200, row.answer))
  await post(toolCall('state.snapshot', JSON.stringify(snapshot)))
  await post(toolCall('state.snapshot', JSON.stringify(snapshot)))
  expect(keyOf()[0]).toMatch(/^[\da-f-]{36}$/)
  expect(keyOf()[1]).not.toBe(keyOf()[0])
  core.answer(reply(200, row.answer))
  const call = (id: number) => toolCall('state.snapshot', JSON.stringify(snapshot), id)
  await post(`[${call(1)},${call(2)}]`, { 'idempotency-key': 'mine' })
  expect(keyOf().sort()).toEqual(['mine-0', 'mine-1'])
})

test('a read has no idempotency key', async ({ core, post }) => {
  core.answer(reply(200, []))
  await post(toolCall('signals.insights', '{"session_id":"s"}'), { 'idempotency-key': 'mine' })
  expect(core.seen[0]?.headers).not.toHaveProperty('idempotency-key')
})

test.for<[string, Record<string, string>, unknown, string, object]>([
  ['of the call', {}, TRACE, 'a=b', { traceparent: TRACE, tracestate: 'a=b' }],
  [
    'of the header before that of the call',
    { traceparent: `${TRACE.slice(0, -1)}0` },
    TRACE,
    'a=b',
    { traceparent: `${TRACE.slice(0, -1)}0` },
  ],
  ['that is none', {}, 'evil\r\nx: y', 'a=b', {}],
  ['that is no text', {}, 5, 'a=b', {}],
  ['whose state is none', {}, TRACE, 'a\nb', { traceparent: TRACE }],
])('Core receives the trace %s', async ([_, headers, traceparent, tracestate, expected], { core, post }) => {
  core.answer(reply(200, []))
  const params = {
    name: toolOf('signals.insights'),
    arguments: { session_id: 's' },
    _meta: { traceparent, tracestate },
  }
  await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }), headers)
  const seen = core.seen[0]?.headers
  expect({ traceparent: seen?.traceparent, tracestate: seen?.tracestate }).toEqual({
    traceparent: undefined,
    tracestate: undefined,
    ...expected,
  })
})

test('1000 concurrent calls of 50 clients: every response belongs to its call', async ({ core, gateway }) => {
  core.answer(({ text }, response) => {
    const { session_id, payload } = JSON.parse(text)
    const answer = { ...(operationOf('state.snapshot').answer as object), session_id, echo: payload }
    setTimeout(() => reply(200, answer)({} as never, response, 1), Math.random() * 10)
  })
  async function work(agent: AgentClient, name: number): Promise<void> {
    for (let call = 0; call < 20; call++) {
      const mark = `client-${name}-call-${call}`
      const { structured } = await agent.call('state_snapshot', { ...snapshot, session_id: mark, payload: { mark } })
      expect(structured).toMatchObject({ session_id: mark, echo: { mark } })
    }
  }
  const agents = await Promise.all(
    Array.from({ length: 50 }, (_, name) => AGENT_CLIENTS[name % AGENT_CLIENTS.length]?.[1]({ url: gateway.url })),
  )
  await Promise.all(agents.map((agent, name) => agent && work(agent, name)))
  expect(core.seen).toHaveLength(1000)
  await Promise.all(agents.map((agent) => agent?.close()))
})
