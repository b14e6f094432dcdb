import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { CompleteEvent } from '@achilles/mcp-contract'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../src/open-database.ts'
import { findEventsAfter } from '../../src/store/find-session-events.ts'
import { createStore } from '../../src/store/store.ts'
import { findInsights } from '../../src/testing/find-insights.ts'
import { coreCaller, newEvent, newSession } from '../../src/testing/requests.ts'
import { ENGINES, type Engine } from '../support/engines.ts'

const KILLS = 8
const BATCH = 20
const CALLERS = 4
const API_KEY = 'the-key'
const TABLES = ['events', 'insight_states', 'insight_tallies', 'insights']

/** A Core in a process of its own. */
async function startCore(where: Engine['where']) {
  const script = `
    import { serve } from ${JSON.stringify(new URL('../../src/serve.ts', import.meta.url).href)}
    const options = ${JSON.stringify({ ...where, host: '127.0.0.1', port: 0, apiKey: API_KEY })}
    const { url } = await serve({ databaseUrl: undefined, ...options, log: () => {} })
    process.stdout.write(url + '\\n')`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [url] = await once(createInterface(child.stdout), 'line')
  return { child, call: coreCaller({ url, apiKey: API_KEY }) }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** One batch changes insights of every rule; the times overlap those of other batches. */
function newBatch(session_id: string, n: number): CompleteEvent[] {
  return Array.from({ length: BATCH }, (_, index) => {
    const kind = KINDS[(n + index) % KINDS.length]
    const timestamp = new Date(Date.parse('2026-03-02T09:00:00Z') + ((n * 37 + index * 11) % 4000) * 1000).toISOString()
    return newEvent(session_id, { event_id: `${n}-${index}`, timestamp, file_path: `${index % 3}.ts`, ...kind })
  })
}

const KINDS: Partial<CompleteEvent>[] = [
  { event_type: 'error' },
  { event_type: 'file_edited', attribution_confidence: 0.1 },
  { event_type: 'suggestion_rejected', agent_id: 'a' },
  { event_type: 'build_run', duration_ms: 90_000, payload: { success: false } },
  { event_type: 'suggestion_rejected', agent_id: 'b' },
  { event_type: 'git_operation', payload: { operation: 'revert' } },
  { event_type: 'suggestion_rejected', agent_id: 'a' },
  { event_type: 'suggestion_accepted' },
]

/** Opens the database as the next start does. Expects the insights of exactly the events that are stored. */
async function expectInsights(where: Engine['where'], session_id: string, acknowledged: ReadonlySet<string>) {
  if (where.databaseUrl) await waitForBackends(where.databaseUrl)
  const database = await openDatabase(where)
  try {
    const stored = await findEventsAfter(database.db, session_id, '', 1_000_000)
    const ids = new Set(stored.map(({ event_id }) => event_id))
    expect([...acknowledged].filter((id) => !ids.has(id))).toEqual([])
    const insights = await createStore(database).queryInsights({ session_id, limit: 200 })
    const found = insights.map(({ created_at, ...insight }) => insight)
    expect(found.sort((a, b) => (a.insight_id < b.insight_id ? -1 : 1))).toEqual(findInsights(stored))
    return { stored: ids.size, found: found.length }
  } finally {
    await database.close()
  }
}

/** PostgreSQL notices the death of a client only after the statement that it executes. */
async function waitForBackends(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const others = `select from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`
  await expect.poll(async () => (await client.query(others)).rowCount).toBe(0)
  await client.end()
}

async function openEngine(open: () => Promise<Engine>) {
  const engine = await open()
  const [database] = engine.databases
  if (!database) throw new Error('no database is open')
  const { session_id } = await createStore(database).createSession(newSession())
  await Promise.all(engine.databases.map((database) => database.close()))
  onTestFinished(() => engine.remove())
  return { where: engine.where, session_id }
}

describe.each(ENGINES)('after kill -9 on $name', ({ isMissing, open }) => {
  test.skipIf(isMissing)('the insights are those of the stored events', async () => {
    const { where, session_id } = await openEngine(open)
    const acknowledged = new Set<string>()
    let n = 0
    for (let round = 0; round < KILLS; round++) {
      const { child, call } = await startCore(where)
      const isKilled = once(child, 'exit')
      const send = async () => {
        for (;;) {
          // Every third batch was sent before, so a batch that was interrupted is sent again.
          const events = newBatch(session_id, n % 3 === 2 ? Math.max(0, n - CALLERS) : n)
          n++
          const response = await call('POST', '/signals/events/batch', { events }).catch(() => undefined)
          if (!response) return
          expect(response.status).toBe(200)
          for (const { event_id } of events) acknowledged.add(event_id)
        }
      }
      const senders = Promise.all(Array.from({ length: CALLERS }, send))
      const before = acknowledged.size
      await expect.poll(() => acknowledged.size, { interval: 5 }).toBeGreaterThan(before)
      await delay(20 + ((round * 53) % 200))
      await kill(child)
      await Promise.all([isKilled, senders])
      await expectInsights(where, session_id, acknowledged)
    }
    const { stored, found } = await expectInsights(where, session_id, acknowledged)
    process.stdout.write(`insights: ${KILLS} kills, ${stored} events stored, ${found} insights\n`)
    expect(found).toBeGreaterThan(10)
  })
})

const postgres = ENGINES.find(({ name, isMissing }) => name === 'PostgreSQL' && !isMissing)

describe.skipIf(!postgres)('after kill -9 on PostgreSQL, at the statement that writes', () => {
  test.each(TABLES)('the table %s', async (table) => {
    const { where, session_id } = await openEngine(postgres?.open ?? expect.fail())
    const { child, call } = await startCore(where)
    const first = newBatch(session_id, 0)
    expect(await call('POST', '/signals/events/batch', { events: first })).toMatchObject({ status: 200 })

    const [holder, watcher] = [1, 2].map(() => new pg.Client({ connectionString: where.databaseUrl }))
    await Promise.all([holder?.connect(), watcher?.connect()])
    await holder?.query(`begin; lock table achilles_core."${table}" in share mode`)
    const interrupted = newBatch(session_id, 1)
    const sent = call('POST', '/signals/events/batch', { events: interrupted }).catch(() => undefined)
    const waiting = `select from pg_stat_activity where datname = current_database() and wait_event = 'relation'`
    await expect.poll(async () => (await watcher?.query(waiting))?.rowCount).toBe(1)
    await kill(child)
    expect(await sent).toBeUndefined()
    await holder?.query('rollback')
    await Promise.all([holder?.end(), watcher?.end()])

    const acknowledged = new Set(first.map(({ event_id }) => event_id))
    expect(await expectInsights(where, session_id, acknowledged)).toMatchObject({ stored: BATCH })
    const again = await startCore(where)
    expect((await again.call('POST', '/signals/events/batch', { events: interrupted })).status).toBe(200)
    await kill(again.child)
    for (const { event_id } of interrupted) acknowledged.add(event_id)
    expect(await expectInsights(where, session_id, acknowledged)).toMatchObject({ stored: 2 * BATCH })
  })
})
