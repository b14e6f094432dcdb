import { expect, test } from 'vitest'
import { CallDeadline } from '../deadline.ts'
import type { CoreCall } from '../types.ts'
import { Coalescer } from './coalescer.ts'

interface Sent {
  ids: string[]
  headers: CoreCall['headers']
  accept(): void
}

function startCoalescer(options: { maxWaiting?: number; longestWaitMs?: number } = {}) {
  const sent: Sent[] = []
  const coalescer = new Coalescer({
    maxWaiting: 100,
    longestWaitMs: 60_000,
    inFlightBeforeWaiting: 2,
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
  coalescer.learnSizes({ maxEvents: 5000, maxBytes: 1e9 })
  return { coalescer, sent }
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
])('a call with another %s is not merged', async (_what, headers, more) => {
  const { coalescer, sent } = startCoalescer()
  void coalescer.send(...call(['1'], caller))
  void coalescer.send(...call(['2'], caller))
  void coalescer.send(...call(['other'], headers, more))
  expect(sent.map(({ ids }) => ids)).toEqual([['1'], ['2'], ['other']])
  void coalescer.send(...call(['same'], { ...caller, 'x-request-id': 'r', traceparent: 't', 'idempotency-key': 'k' }))
  expect(coalescer.waiting).toBe(1)
})

test('a batch whose deadline passes while it waits fails with 504 and is not sent', async () => {
  const { coalescer, sent } = startCoalescer()
  const busy = ['1', '2'].map((id) => coalescer.send(...call([id])))
  const waiting = coalescer.send(...call(['late'], {}, { deadlineMs: 20 }))
  await expect(waiting).rejects.toMatchObject({ problem: 'GATEWAY_TIMEOUT' })
  expect(coalescer.waiting).toBe(0)
  for (const { accept } of sent) accept()
  await Promise.all(busy)
  expect(sent).toHaveLength(2)
})

test('a merged batch has no more events than the contract allows, whatever Core prefers', async () => {
  const { coalescer, sent } = startCoalescer()
  const ids = (name: string) => Array.from({ length: 600 }, (_, index) => `${name}-${index}`)
  void coalescer.send(...call(['1']))
  void coalescer.send(...call(['2']))
  void coalescer.send(...call(ids('a')))
  void coalescer.send(...call(ids('b')))
  sent[0]?.accept()
  await expect.poll(() => sent[2]?.ids.length).toBe(600)
})

test('a body with more than an event batch is not merged', () => {
  const { coalescer, sent } = startCoalescer()
  void coalescer.send(...call(['1']))
  void coalescer.send(...call(['2']))
  void coalescer.send(...call([], {}, { body: { events: [{ event_id: '3' }], more: 1 } }))
  expect(sent).toHaveLength(3)
})

test('a batch of as many bytes as Core accepts is not merged, and its timeout is reported once', async () => {
  const { coalescer, sent } = startCoalescer()
  coalescer.learnSizes({ maxEvents: 10, maxBytes: 50 })
  void coalescer.send(...call(['1']))
  void coalescer.send(...call(['2']))
  const [made, deadline] = call(['x'.repeat(50)], {}, { deadlineMs: 5 })
  void coalescer.send(made, deadline)
  expect(sent).toHaveLength(3)
  // A second promise that nobody awaits would be an unhandled rejection here, which fails the run.
  await expect.poll(() => deadline.passed).toBe(true)
  deadline.clear()
})

test('waiting batches are flushed after the longest wait, even if no call has ended', async () => {
  const { coalescer, sent } = startCoalescer({ longestWaitMs: 30 })
  void coalescer.send(...call(['1']))
  void coalescer.send(...call(['2']))
  const begun = performance.now()
  void coalescer.send(...call(['3']))
  void coalescer.send(...call(['4']))
  await expect.poll(() => sent.length, { interval: 1 }).toBe(3)
  expect(performance.now() - begun).toBeGreaterThanOrEqual(29)
  expect(sent[2]?.ids).toEqual(['3', '4'])
})
