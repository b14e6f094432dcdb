import type { CompleteEvent, InsightOut } from '@achilles/mcp-contract'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toSessionEvent } from '../../src/store/session-event.ts'
import { createStore, type Store } from '../../src/store/store.ts'
import { findInsights } from '../../src/testing/find-insights.ts'
import { newSession } from '../../src/testing/requests.ts'
import { ENGINES, type Engine } from '../support/engines.ts'
import { type History, history } from '../support/insight-histories.ts'

const seed = Number(process.env.FAST_CHECK_SEED ?? 20260302)

const withoutTime = (insights: readonly InsightOut[]) =>
  insights.map(({ created_at, ...insight }) => insight).sort((a, b) => (a.insight_id < b.insight_id ? -1 : 1))

/** What the rules find in all events, ordered by id. */
const findAll = (events: Iterable<CompleteEvent>) => findInsights([...events].map(toSessionEvent))

describe.each(ENGINES)('insights on $name', ({ isMissing, open }) => {
  describe.skipIf(isMissing)('', () => {
    let engine: Engine
    let stores: Store[]

    beforeAll(async () => {
      engine = await open()
      stores = engine.databases.map(createStore)
      process.stdout.write(`insights: FAST_CHECK_SEED=${seed}\n`)
    })
    afterAll(async () => {
      await engine?.close()
      await engine?.remove()
    })

    const storeAt = (index: number): Store => stores[index % stores.length] ?? expect.fail('no store is open')

    async function start({ events, batches }: History) {
      const { session_id } = await storeAt(0).createSession(newSession())
      const query = (store = storeAt(0)) => store.queryInsights({ session_id, limit: 200 })
      const all = events.map((event) => ({ ...event, session_id }))
      return { query, all, batches: batches.map((batch) => batch.flatMap((index) => all[index] ?? [])) }
    }

    test('equal those of all events after each batch, in any order and with duplicates', async () => {
      const run = async (history: History) => {
        const { query, batches } = await start(history)
        const stored = new Map<string, CompleteEvent>()
        let before: InsightOut[] = []
        for (const [index, batch] of batches.entries()) {
          const { results } = await storeAt(index).ingestEvents({ events: batch })
          expect(results.map(({ status }) => status)).toEqual(
            batch.map(({ event_id }) => (stored.has(event_id) ? 'duplicate' : 'accepted')),
          )
          for (const event of batch) stored.set(event.event_id, event)
          const now = await query()
          expect(withoutTime(now)).toEqual(findAll(stored.values()))
          expectTimes(before, now)
          before = now
        }
      }
      await fc.assert(fc.asyncProperty(history, run), { seed, numRuns: 60 })
    })

    test('equal those of all events after concurrent batches', async () => {
      const run = async (first: History, second: History) => {
        const sessions = [await start(first), await start(second)]
        const [one = [], other = []] = sessions.map(({ batches }) => batches)
        // Event ids are unique within a batch, so one batch has events of two sessions only if these differ.
        const mixed = one.map((batch, index) => {
          const ids = new Set(batch.map(({ event_id }) => event_id))
          return [...batch, ...(other[index] ?? []).filter(({ event_id }) => !ids.has(event_id))]
        })
        await Promise.all(
          [...mixed, ...other].map((events, index) => storeAt(index).ingestEvents({ events: events.slice(0, 1000) })),
        )
        for (const { query, all } of sessions) expect(withoutTime(await query())).toEqual(findAll(all))
      }
      await fc.assert(fc.asyncProperty(history, history, run), { seed, numRuns: 30 })
    })
  })
})

/** An insight keeps its time as long as it is found; a new one is newer than all that were read before. */
function expectTimes(before: readonly InsightOut[], now: readonly InsightOut[]): void {
  const times = now.map(({ created_at }) => created_at)
  expect(times).toEqual([...new Set(times)].sort().reverse())
  const known = new Map(before.map(({ insight_id, created_at }) => [insight_id, created_at]))
  for (const { insight_id, created_at } of now) {
    const earlier = known.get(insight_id)
    if (earlier !== undefined) expect(created_at).toBe(earlier)
    else expect(created_at > (before[0]?.created_at ?? '')).toBe(true)
  }
}
