import { randomUUID } from 'node:crypto'
import { startEmbeddedCore } from '@achilles/embedded-core'
import { median } from '../sample.ts'
import { findBackends, getCpuMicros } from './cpu-time.ts'
import { sessionEvent } from './session-events.ts'

export interface Database {
  dataDir: string
  databaseUrl?: string
}

/** Query times are medians; `rate` is in events a second, `cpuMicros` the CPU time of Core and of its database an event. */
export interface ScaleFigures {
  /** Milliseconds of a query of insights when the session has a thousand events, and when it has all. */
  queryMs: { few: number; all: number }
  /** Of each tenth of the events. */
  tenths: { rate: number; cpuMicros: number }[]
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
    const pids = [core.pid, ...(database.databaseUrl ? await findBackends(database.databaseUrl) : [])]
    const tenths: ScaleFigures['tenths'] = []
    for (let tenth = 0; tenth < TENTHS; tenth++) {
      const start = (n: number) => FEW_EVENTS + Math.floor(((events - FEW_EVENTS) * n) / TENTHS)
      const [from, to] = [start(tenth), start(tenth + 1)]
      const [startedAt, cpuAtStart] = [performance.now(), await getCpuMicros(pids)]
      await ingest(session_id, from, to)
      const cpuMicros = ((await getCpuMicros(pids)) - cpuAtStart) / (to - from)
      tenths.push({ rate: ((to - from) / (performance.now() - startedAt)) * 1000, cpuMicros })
    }
    return { queryMs: { few, all: await timeQuery(session_id) }, tenths }
  } finally {
    await core.stop()
  }
}
