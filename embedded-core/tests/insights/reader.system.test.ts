import type { InsightOut } from '@achilles/mcp-contract'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createStore } from '../../src/store/store.ts'
import { newEvent, newSession } from '../../src/testing/requests.ts'
import { ENGINES } from '../support/engines.ts'

const WRITERS = 6
const INSIGHTS_EACH = 25
const LIMIT = 3

describe.each(ENGINES)('a reader that continues at the last created_at, on $name', ({ isMissing, open }) => {
  test.skipIf(isMissing)('misses no insight while several gateways write', async () => {
    const engine = await open()
    onTestFinished(async () => {
      await engine.close()
      await engine.remove()
    })
    const stores = engine.databases.map(createStore)
    const [reader = expect.fail()] = stores
    const { session_id } = await reader.createSession(newSession())

    let areWriting = true
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      const store = stores[writer % stores.length] ?? reader
      for (let n = 0; n < INSIGHTS_EACH; n++) {
        const edits = Array.from({ length: 10 }, () => newEvent(session_id, { file_path: `${writer}-${n}` }))
        await store.ingestEvents({ events: edits })
      }
    })
    const written = Promise.all(writers).finally(() => {
      areWriting = false
    })

    const seen = new Map<string, InsightOut>()
    let last: string | undefined
    for (let isLastRound = false; !isLastRound; ) {
      // What is written before a query that finds nothing new has been read.
      isLastRound = !areWriting
      const page = await reader.queryInsights({ session_id, since: last ?? '2026-01-01T00:00:00Z', limit: LIMIT })
      const added = page.filter(({ insight_id }) => !seen.has(insight_id))
      for (const insight of added) {
        expect(insight.created_at > (last ?? '')).toBe(true)
        seen.set(insight.insight_id, insight)
      }
      last = page[0]?.created_at ?? last
      if (added.length > 0) isLastRound = false
    }
    await written
    expect(seen.size).toBe(WRITERS * INSIGHTS_EACH)
  })
})
