import { SessionOut } from '@achilles/mcp-contract'
import { LRUCache } from 'lru-cache'
import { expect, test } from 'vitest'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { SessionReport } from './collect-reports.ts'
import type { Procedures } from './procedures.ts'
import { type StoreOptions, storeSessions } from './store-sessions.ts'

const SESSION = SessionOut.parse(SessionOut.meta()?.examples?.[0])

const report = (index: number): SessionReport => ({
  session: { key: `agent:${index}` },
  owner: { workspace: 'ws-1', user: 'ada' },
  events: new Map([
    [
      `e-${index}`,
      {
        event: {
          event_id: `e-${index}`,
          event_type: 'custom',
          source_type: 'agent',
          timestamp: '2026-03-02T09:04:11.250Z',
        },
        records: [index],
      },
    ],
  ]),
  records: [index],
})
const reports = Array.from({ length: 100 }, (_, index) => report(index))

function optionsWith(procedures: Partial<Procedures>, more: Partial<StoreOptions> = {}): StoreOptions {
  const unexpected = async () => expect.fail('not expected')
  return {
    procedures: {
      resolveProject: unexpected,
      updateSession: unexpected,
      createSession: async ({ external_session_key }) => ({ ...SESSION, session_id: external_session_key }),
      ingestBatch: async ({ events }) => ({
        results: events.map(({ event_id = '' }) => ({ event_id, status: 'accepted' })),
        failed: [],
      }),
      ...procedures,
    },
    sessionIds: new LRUCache({ max: 10 }),
    caller: 'a-key',
    receivedAt: '2026-03-02T09:04:11.250Z',
    reject: unexpected,
    warn: unexpected,
    now: () => 0,
    ...more,
  }
}

test('at most eight sessions are stored at the same time', async () => {
  let [inFlight, most] = [0, 0]
  const options = optionsWith({
    async ingestBatch({ events }) {
      most = Math.max(most, ++inFlight)
      await new Promise((resolve) => setImmediate(resolve))
      inFlight--
      return { results: events.map(({ event_id = '' }) => ({ event_id, status: 'accepted' })), failed: [] }
    },
  })
  await storeSessions(reports, options)
  expect(most).toBe(8)
})

test('after a failure no further session is begun', async () => {
  let calls = 0
  const error = new GatewayError('SERVICE_UNAVAILABLE', 'Core is away')
  const options = optionsWith({
    async createSession() {
      calls++
      throw error
    },
  })
  await expect(storeSessions(reports, options)).rejects.toBe(error)
  expect(calls).toBeLessThanOrEqual(8)
})

test('a request that takes a minute ends with a 503, with what is stored remembered', async () => {
  let now = 0
  const sessionIds = new LRUCache<string, string>({ max: 100 })
  const options = optionsWith({}, { sessionIds, now: () => (now += 1_000) })
  const stored = storeSessions(reports, options)
  await expect(stored).rejects.toMatchObject({ problem: 'SERVICE_UNAVAILABLE', headers: { 'retry-after': '1' } })
  const remembered = reports.filter(({ session }) => sessionIds.get(JSON.stringify(['a-key', 'ws-1', session.key])))
  expect(remembered.length).toBeGreaterThan(0)
  expect(remembered.length).toBeLessThan(100)
})
