import { describe, expect, onTestFinished } from 'vitest'
import { newInsight } from '../../server/tests/support/insight-core.ts'
import { test as base } from '../../server/tests/support/insight-gateway.ts'
import { createGatewayClient, openSession, type Session } from '../src/index.ts'

const IDENTITY = {
  client_name: 'test',
  client_version: '1.0.0',
  workspace_id: 'ws-1',
  user_id: 'ada',
  external_session_key: 'monday',
}

const test = base.extend('session', ({ gateway }): Session => {
  const session = openSession(createGatewayClient({ url: gateway.url }), IDENTITY)
  onTestFinished(() => session.close())
  return session
})

const event = { event_type: 'error', source_type: 'ide' } as const

test('onInsight gets existing insights, then what a recorded batch leads to', async ({ core, session }) => {
  const existing = core.create('s', 2)
  const ids: string[] = []
  session.watchInsights({ onInsight: ({ insight_id }) => ids.push(insight_id) })
  await expect.poll(() => ids).toEqual(existing)
  session.record(event)
  await session.flush()
  const more = core.create('s')
  await expect.poll(() => ids).toEqual([...existing, ...more])
})

test('without onInsight it is iterated, and ends with the session', async ({ core, session }) => {
  core.create('s', 3)
  const ids: string[] = []
  const reading = (async () => {
    for await (const { insight_id } of session.watchInsights({ since: newInsight('s', 1).created_at })) {
      ids.push(insight_id)
    }
  })()
  await expect.poll(() => ids).toEqual(['s-1', 's-2'])
  await session.end()
  await reading
})

test('each watch of a session is closed for itself', async ({ core, session }) => {
  core.create('s')
  const [one, other]: string[][] = [[], []]
  const abort = new AbortController()
  const watch = session.watchInsights({ onInsight: ({ insight_id }) => one?.push(insight_id), signal: abort.signal })
  session.watchInsights({ onInsight: ({ insight_id }) => other?.push(insight_id) })
  await expect.poll(() => [one, other]).toEqual([['s-0'], ['s-0']])
  abort.abort()
  watch.close()
  core.create('s')
  await expect.poll(() => other).toEqual(['s-0', 's-1'])
  expect(one).toEqual(['s-0'])
})

describe('faults', () => {
  test('a callback that throws is reported, and the watch goes on', async ({ core, session }) => {
    core.create('s', 2)
    const errors: unknown[] = []
    const fault = new Error('of the callback')
    session.watchInsights({
      onInsight() {
        throw fault
      },
      onError: (error) => errors.push(error),
    })
    await expect.poll(() => errors).toEqual([fault, fault])
  })

  test('a watch that cannot go on is reported', async ({ core, session }) => {
    await session.opened
    core.script = (_request, response) => response.writeHead(404).end('{}')
    const errors: unknown[] = []
    session.watchInsights({ onInsight() {}, onError: (error) => errors.push(error) })
    await expect.poll(() => errors).toMatchObject([{ data: { code: 'NOT_FOUND' } }])
  })

  test('options are checked', async ({ session }) => {
    expect(() => session.watchInsights({ on_insight() {} } as object)).toThrow('did you mean onInsight')
    expect(() => session.watchInsights({ onInsight: 5 as never })).toThrow('options.onInsight: must be a function')
  })

  test('a session that is closed before it is opened ends its watches', async ({ core, gateway }) => {
    core.script = (_request, response) => response.writeHead(503).end('{}')
    const session = openSession(createGatewayClient({ url: gateway.url }), IDENTITY)
    const ids: string[] = []
    const reading = (async () => {
      for await (const { insight_id } of session.watchInsights()) ids.push(insight_id)
    })()
    await session.close({ deadlineMs: 0 })
    await reading
    expect(ids).toEqual([])
  })
})
