import type { EventBatchResponse } from '@achilles/mcp-contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createStore, type Store } from '../src/store/store.ts'
import { newEvent, newSession } from '../src/testing/requests.ts'
import { ENGINES, type Engine } from './support/engines.ts'

describe.each(ENGINES)('the store on $name', ({ isMissing, open }) => {
  describe.skipIf(isMissing)('', () => {
    let engine: Engine
    let stores: Store[] = []

    beforeAll(async () => {
      engine = await open()
      stores = engine.databases.map(createStore)
    })
    afterAll(async () => {
      await engine?.close()
      await engine?.remove()
    })

    /** Runs `operation` ten times concurrently, on the open databases in turn. */
    const tenAtOnce = <Answer>(operation: (store: Store, index: number) => Promise<Answer>) =>
      Promise.all(
        Array.from({ length: 10 }, (_, index) => {
          const store = stores[index % stores.length]
          if (!store) throw new Error('no store is open')
          return operation(store, index)
        }),
      )

    async function makeSession(): Promise<string> {
      const request = newSession()
      const [session] = await tenAtOnce((store) => store.createSession(request))
      return session?.session_id ?? ''
    }

    test('one key is one session, whichever call creates it', async () => {
      const config_snapshot = { big: 12345678901234567890n, nul: '\u0000', surrogate: '\udc00', list: [{}, null] }
      const request = newSession({ config_snapshot, tags: ['\u0000'] })
      const sessions = await tenAtOnce((store) => store.createSession(request))
      for (const session of sessions) expect(session).toEqual({ ...sessions[0], ...request })
    })

    test('one workspace has one project, created by one call', async () => {
      const request = { workspace_id: 'ws', workspace_root: '/\u0000', create_if_missing: true }
      const projects = await tenAtOnce((store) => store.resolveProject(request))
      expect(projects.filter(({ created }) => created)).toHaveLength(1)
      expect(new Set(projects.map(({ project_id }) => project_id)).size).toBe(1)
    })

    test('one event is accepted once, in any order within batches', async () => {
      const session_id = await makeSession()
      const events = Array.from({ length: 300 }, () => newEvent(session_id, { payload: { nul: '\u0000' } }))
      const answers: EventBatchResponse[] = await tenAtOnce((store, index) =>
        store.ingestEvents({ events: index % 2 ? events : events.toReversed() }),
      )
      const accepted = answers.flatMap(({ results }) => results).filter(({ status }) => status === 'accepted')
      expect(accepted).toHaveLength(events.length)
      expect(new Set(accepted.map(({ event_id }) => event_id)).size).toBe(events.length)
    })

    test('one idempotency key is one write, for each operation', async () => {
      const session_id = await makeSession()
      const error = newEvent(session_id, { event_type: 'error' })
      await stores[0]?.ingestEvents({ events: [error] })
      const window = { window_start: '2026-03-02T09:00:00Z', window_end: '2026-03-02T10:00:00Z' }
      const work = { agent_id: 'a', ...window, tasks_completed: 1, tasks_failed: 0 }
      const search = { error_event_id: error.event_id, candidate_event_ids: [error.event_id] }
      for (const answers of [
        await tenAtOnce((store) =>
          store.recordSnapshot(
            { session_id, snapshot_type: 'custom', payload: {} },
            { client: 'anonymous', key: 'key' },
          ),
        ),
        await tenAtOnce((store) =>
          store.recordPerformance({ session_id, ...work }, { client: 'anonymous', key: 'key' }),
        ),
        await tenAtOnce((store) =>
          store.correlateError({ session_id, ...search }, { client: 'anonymous', key: 'key' }),
        ),
      ]) {
        for (const answer of answers) expect(answer).toEqual(answers[0])
      }
    })

    test('times are UTC, and each call sets the status once', async () => {
      const session_id = await makeSession()
      const states = await tenAtOnce((store) => store.updateSession({ session_id, status: 'completed' }))
      expect(new Set(states.map(({ updated_at }) => updated_at)).size).toBe(10)
      for (const { created_at, updated_at } of states) {
        expect(created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
        expect(Math.abs(Date.parse(updated_at) - Date.now())).toBeLessThan(60_000)
      }
    })

    test('insights are those of the stored events', async () => {
      const session_id = await makeSession()
      const payload = { operation: 'revert', nul: '\u0000' }
      const events = Array.from({ length: 3 }, () => newEvent(session_id, { event_type: 'git_operation', payload }))
      await stores[0]?.ingestEvents({ events })
      const answers = await tenAtOnce((store) => store.queryInsights({ session_id, limit: 50 }))
      for (const answer of answers) expect(answer).toMatchObject([{ session_id, category: 'quality' }])
    })
  })
})
