import { expect, test } from 'vitest'
import type { CoreCall } from './core-call.ts'
import { CallDeadline } from './deadline.ts'
import { EventGroups } from './event-groups.ts'

interface Sent {
  ids: string[]
  headers: CoreCall['headers']
  accept(): void
}

function startGroups(options: { maxWaiting?: number; longestWaitMs?: number } = {}) {
  const sent: Sent[] = []
  const groups = new EventGroups({
    maxWaiting: 100,
    longestWaitMs: 60_000,
    callsPerLane: 2,
    ...options,
    onIndivisible: () => {},
    send: ({ body, headers }) =>
      new Promise((resolve) => {
        const text = Buffer.isBuffer(body) ? body.toString() : JSON.stringify(body)
        const ids = (JSON.parse(text) as { events: { event_id: string }[] }).events.map(({ event_id }) => event_id)
        const results = ids.map((event_id) => ({ event_id }))
        sent.push({ ids, headers, accept: () => resolve(Buffer.from(JSON.stringify({ results, failed: [] }))) })
      }),
  })
  groups.learnSizes({ maxEvents: 5000, maxBytes: 1e9 })
  return { groups, sent }
}

function call(
  ids: string[],
  headers: Record<string, string> = {},
  { deadlineMs = 60_000, ...more }: Partial<CoreCall> & { deadlineMs?: number } = {},
) {
  const body = { events: ids.map((event_id) => ({ event_id })) }
  const watch = { begin: () => ({}), end: () => {} }
  const made: CoreCall = { method: 'POST', path: '/e', body, headers, signal: undefined, watch, ...more }
  const deadline = new CallDeadline(deadlineMs, undefined)
  return [made, deadline] as const
}

const caller = { 'x-achilles-client': 'a', 'x-achilles-workspaces': 'w', 'x-mcp-session-token': 't' }

test.each<[string, Record<string, string>, Partial<CoreCall>]>([
  ['client', { ...caller, 'x-achilles-client': 'b' }, {}],
  ['workspaces', { ...caller, 'x-achilles-workspaces': 'v' }, {}],
  ['token', { ...caller, 'x-mcp-session-token': 'T' }, {}],
  ['empty token', { ...caller, 'x-mcp-session-token': '' }, {}],
  ['token that is absent', { 'x-achilles-client': 'a', 'x-achilles-workspaces': 'w' }, {}],
  ['header that is not known yet', { ...caller, 'x-tenant': '5' }, {}],
  ['path', caller, { path: '/f' }],
])('another %s is another lane', async (_what, headers, more) => {
  const { groups, sent } = startGroups()
  void groups.call(...call(['1'], caller))
  void groups.call(...call(['2'], caller))
  void groups.call(...call(['other'], headers, more))
  expect(sent.map(({ ids }) => ids)).toEqual([['1'], ['2'], ['other']])
  void groups.call(...call(['same'], { ...caller, 'x-request-id': 'r', traceparent: 't', 'idempotency-key': 'k' }))
  expect(groups.waiting).toBe(1)
})

test('who runs out of time while waiting gets its 504 and is not sent', async () => {
  const { groups, sent } = startGroups()
  const busy = ['1', '2'].map((id) => groups.call(...call([id])))
  const waits = groups.call(...call(['late'], {}, { deadlineMs: 20 }))
  await expect(waits).rejects.toMatchObject({ problem: 'GATEWAY_TIMEOUT' })
  expect(groups.waiting).toBe(0)
  for (const { accept } of sent) accept()
  await Promise.all(busy)
  expect(sent).toHaveLength(2)
})

test('no group holds more events than a batch may, whatever Core prefers', async () => {
  const { groups, sent } = startGroups()
  const ids = (name: string) => Array.from({ length: 600 }, (_, index) => `${name}-${index}`)
  void groups.call(...call(['1']))
  void groups.call(...call(['2']))
  void groups.call(...call(ids('a')))
  void groups.call(...call(ids('b')))
  sent[0]?.accept()
  await expect.poll(() => sent[2]?.ids.length).toBe(600)
})

test('a body that is more than a batch goes by itself', () => {
  const { groups, sent } = startGroups()
  void groups.call(...call(['1']))
  void groups.call(...call(['2']))
  void groups.call(...call([], {}, { body: { events: [{ event_id: '3' }], more: 1 } }))
  expect(sent).toHaveLength(3)
})

test('a batch of as many bytes as Core takes goes by itself, and running out of time is told once', async () => {
  const { groups, sent } = startGroups()
  groups.learnSizes({ maxEvents: 10, maxBytes: 50 })
  void groups.call(...call(['1']))
  void groups.call(...call(['2']))
  const [made, deadline] = call(['x'.repeat(50)], {}, { deadlineMs: 5 })
  void groups.call(made, deadline)
  expect(sent).toHaveLength(3)
  // An answer that nobody waits for would now be an unhandled rejection, which fails the run.
  await expect.poll(() => deadline.passed).toBe(true)
  deadline.clear()
})

test('what has waited longest departs after the longest wait, though nothing ended', async () => {
  const { groups, sent } = startGroups({ longestWaitMs: 30 })
  void groups.call(...call(['1']))
  void groups.call(...call(['2']))
  const begun = performance.now()
  void groups.call(...call(['3']))
  void groups.call(...call(['4']))
  await expect.poll(() => sent.length, { interval: 1 }).toBe(3)
  expect(performance.now() - begun).toBeGreaterThanOrEqual(29)
  expect(sent[2]?.ids).toEqual(['3', '4'])
})
