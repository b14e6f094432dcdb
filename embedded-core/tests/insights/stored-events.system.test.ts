import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { sql } from 'drizzle-orm'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { OpenDatabase } from '../../src/database.ts'
import { openDatabase } from '../../src/open-database.ts'
import { insightStates } from '../../src/schema.ts'
import { findEventsAfter } from '../../src/store/find-session-events.ts'
import { createStore } from '../../src/store/store.ts'
import { findInsights } from '../../src/testing/find-insights.ts'
import { newEvent, newSession } from '../../src/testing/requests.ts'
import { ENGINES, type Engine } from '../support/engines.ts'

const BATCHES = 4
const START = Date.parse('2026-03-02T09:00:00Z')

/** Stores 4,000 events, and leaves the database as the migration leaves one of an earlier version. */
async function openFormer(open: () => Promise<Engine>) {
  const engine = await open()
  onTestFinished(async () => {
    await engine.close()
    await engine.remove()
  })
  const [database = expect.fail()] = engine.databases
  const store = createStore(database)
  const { session_id } = await store.createSession(newSession())
  for (let n = 0; n < BATCHES; n++) {
    const events = Array.from({ length: 1_000 }, (_, index) => {
      const at = n * 1_000 + index
      const timestamp = new Date(START + at * 7_000).toISOString()
      const event_type = (['error', 'suggestion_rejected', 'file_edited', 'custom'] as const)[Math.floor(at / 9) % 4]
      return newEvent(session_id, { event_type: event_type ?? 'custom', timestamp, file_path: `${at % 20}.ts` })
    })
    await store.ingestEvents({ events })
  }
  await database.db.execute(sql`truncate achilles_core.insights, achilles_core.insight_tallies`)
  await database.db.execute(sql`update achilles_core.insight_states set last_created_at = null, counted_to = ''`)
  return { engine, session_id }
}

const query = (database: OpenDatabase, session_id: string) =>
  createStore(database).queryInsights({ session_id, limit: 200 })

async function expectInsights(database: OpenDatabase, session_id: string): Promise<void> {
  const stored = await findEventsAfter(database.db, session_id, '', 1_000_000)
  const insights = await query(database, session_id)
  const found = insights.map(({ created_at, ...insight }) => insight)
  expect(found.sort((a, b) => (a.insight_id < b.insight_id ? -1 : 1))).toEqual(findInsights(stored))
  const times = insights.map(({ created_at }) => created_at)
  expect(times).toEqual([...new Set(times)].sort().reverse())
}

describe.each(ENGINES)('a session that an earlier version wrote, on $name', ({ isMissing, open }) => {
  test.skipIf(isMissing)('has its insights, in the order of their events, also with concurrent calls', async () => {
    const { engine, session_id } = await openFormer(open)
    const [database = expect.fail()] = engine.databases
    const late = newEvent(session_id, { event_type: 'error', timestamp: new Date(START).toISOString() })
    const calls = engine.databases.flatMap((database) => [query(database, session_id), query(database, session_id)])
    const [{ results }, ...responses] = await Promise.all([
      createStore(database).ingestEvents({ events: [late] }),
      ...calls,
    ])
    expect(results).toEqual([{ event_id: late.event_id, status: 'accepted' }])
    for (const response of responses) expect(response.length).toBeGreaterThan(20)
    await expectInsights(database, session_id)
    const bursts = responses[0]?.filter(({ payload }) => payload.rule === 'error_burst') ?? []
    expect(bursts.length).toBeGreaterThan(5)
  })
})

const postgres = ENGINES.find(({ name, isMissing }) => name === 'PostgreSQL' && !isMissing)

test.skipIf(!postgres)('counting continues where kill -9 has interrupted it', async () => {
  const { engine, session_id } = await openFormer(postgres?.open ?? expect.fail())
  const [database = expect.fail()] = engine.databases
  const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
  const script = `
    import { openDatabase } from ${url('../../src/open-database.ts')}
    import { createStore } from ${url('../../src/store/store.ts')}
    const store = createStore(await openDatabase(${JSON.stringify(engine.where)}))
    await store.queryInsights({ session_id: ${JSON.stringify(session_id)}, limit: 1 })`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const readState = async () => (await database.db.select().from(insightStates))[0]?.counted_to
  await expect.poll(readState, { interval: 1 }).not.toBe('')
  child.kill('SIGKILL')
  await once(child, 'exit')
  process.stdout.write(`insights: killed ${(await readState()) === null ? 'after' : 'while'} events were counted\n`)
  const again = await openDatabase(engine.where)
  onTestFinished(() => again.close())
  await expectInsights(again, session_id)
})
