import { randomUUID } from 'node:crypto'
import { startEmbeddedCore } from '@achilles/embedded-core'
import { median } from '../sample.ts'
import { sessionEvent } from './session-events.ts'

export interface Database {
  dataDir: string
  databaseUrl?: string
}

/** Times are medians. */
export interface ScaleFigures {
  /** Milliseconds of a query of insights when the session has a thousand events, and when it has all. */
  queryMs: { few: number; all: number }
  /** Events a second of the first and of the last tenth. */
  rate: { first: number; last: number }
  /** Events a second of each tenth. */
  rates: number[]
}

const FEW_EVENTS = 1_000
const BATCH = 1_000
const QUERIES = 101
/** Code that runs often is compiled after some seconds. */
const WARM_UP_EVENTS = 30_000
const TENTHS = 10

/** Sends `events` events to one session of an embedded Core, batch after batch. */
export async function measureScale(database: Database, events: number): Promise<ScaleFigures> {
  const core = await startEmbeddedCore({ ...database, log: (line) => process.stderr.write(`${line}\n`) })
  try {
    const call = async (path: string, body: unknown): Promise<unknown> => {
      const response = await fetch(core.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${core.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`)
      return response.json()
    }
    const newSession = async () => {
      const request = { external_session_key: randomUUID(), user_id: 'bench', workspace_id: 'bench' }
      const session = await call('/mcp/sessions', { ...request, start_time: '2026-03-02T09:00:00Z' })
      return (session as { session_id: string }).session_id
    }
    const ingest = async (session_id: string, from: number, to: number) => {
      for (let start = from; start < to; start += BATCH) {
        const length = Math.min(BATCH, to - start)
        const batch = Array.from({ length }, (_, index) => sessionEvent(session_id, start + index))
        await call('/signals/events/batch', { events: batch })
      }
    }
    const timeQuery = async (session_id: string) => {
      const times: number[] = []
      for (let n = 0; n < QUERIES; n++) {
        const startedAt = performance.now()
        await call('/signals/insights', { session_id })
        times.push(performance.now() - startedAt)
      }
      return median(times)
    }

    const other = await newSession()
    await ingest(other, 0, WARM_UP_EVENTS)
    await timeQuery(other)

    const session_id = await newSession()
    await ingest(session_id, 0, FEW_EVENTS)
    const few = await timeQuery(session_id)
    const rates: number[] = []
    for (let tenth = 0; tenth < TENTHS; tenth++) {
      const [from, to] = [tenth, tenth + 1].map((n) => FEW_EVENTS + Math.floor(((events - FEW_EVENTS) * n) / TENTHS))
      const startedAt = performance.now()
      await ingest(session_id, from ?? 0, to ?? 0)
      rates.push((((to ?? 0) - (from ?? 0)) / (performance.now() - startedAt)) * 1000)
    }
    const all = await timeQuery(session_id)
    return { queryMs: { few, all }, rate: { first: rates[0] ?? 0, last: rates.at(-1) ?? 0 }, rates }
  } finally {
    await core.stop()
  }
}
