import type { EventBatchResponse, MCPEvent } from '@achilles/mcp-contract'
import { expect, test } from 'vitest'
import type { EventIdentity, Spool, SpooledEvent } from '../spool/spool.ts'
import { Recorder } from './recorder.ts'
import type { DroppedEvent, NewEvent, RecorderOptions } from './recorder-options.ts'

// Two sessions may both have an `e1`; Core knows an event by its session and id.

const event: NewEvent = { event_type: 'file_edited', source_type: 'ide' }
const LATER = 3_600_000

const left = (session_id: string, event_id: string): SpooledEvent => ({
  session_id,
  event_id,
  json: JSON.stringify({ ...event, event_id, session_id, timestamp: '2026-03-02T09:00:00Z' }),
})
const name = ({ session_id, event_id }: EventIdentity) => `${session_id} ${event_id}`

/** A spool with what earlier runs left, which takes new events while `isFull` is false. */
function keepingSpool(...runs: SpooledEvent[][]) {
  const kept = new Set(runs.flat().map(name))
  const state = { isFull: false, kept }
  const spool: Spool = {
    durable: true,
    recover: async () => runs.shift() ?? [],
    async append(events) {
      if (state.isFull) throw new Error('no space left')
      for (const one of events) kept.add(name(one))
    },
    async remove(events) {
      for (const one of events) kept.delete(name(one))
    },
    close: async () => {},
  }
  return Object.assign(state, { spool })
}

/** A recorder of `ses_1`, and the batches that it sent, each event with its session. */
function startRecorder(options: RecorderOptions, maxEvents = 50) {
  const batches: string[][] = []
  async function send(events: MCPEvent[]): Promise<EventBatchResponse> {
    batches.push(events.map(name))
    return { results: events.map(({ event_id }) => ({ event_id, status: 'accepted' })), failed: [] }
  }
  const session = { sessionId: 'ses_1', limits: { maxEvents, maxBytes: 5_000_000 }, send }
  return { batches, recorder: new Recorder(session, options.spool as Spool, { flushIntervalMs: LATER, ...options }) }
}

test('an event is no duplicate of one with its id in an earlier session', async () => {
  const { spool, kept } = keepingSpool([left('ses_0', 'e1')])
  const { recorder, batches } = startRecorder({ spool })
  await recorder.recover()
  recorder.record({ ...event, event_id: 'e1' })
  await recorder.persisted()
  expect([...kept]).toEqual(['ses_0 e1', 'ses_1 e1'])
  await recorder.flush()
  expect(recorder.ledger()).toMatchObject({ recorded: 2, recovered: 1, accepted: 2, duplicate: 0, pending: 0 })
  expect(batches).toEqual([['ses_0 e1'], ['ses_1 e1']])
  await recorder.close(0)
  expect([...kept]).toEqual([])
})

test('an event is a duplicate of one with its id that an earlier run left of the same session', async () => {
  const { spool } = keepingSpool([left('ses_1', 'e1')])
  const { recorder, batches } = startRecorder({ spool })
  await recorder.recover()
  recorder.record({ ...event, event_id: 'e1' })
  await recorder.flush()
  expect(recorder.ledger()).toMatchObject({ recorded: 2, accepted: 1, duplicate: 1, pending: 0 })
  expect(batches).toEqual([['ses_1 e1']])
})

test('no batch holds an id twice, and the order is kept', async () => {
  const runs = ['ses_a', 'ses_b', 'ses_c'].map((session) => [left(session, 'e1'), left(session, 'e2')])
  const { spool, kept } = keepingSpool(...runs, [left('ses_d', 'e3'), left('ses_d', 'e2')])
  const { recorder, batches } = startRecorder({ spool })
  await recorder.recover()
  recorder.record({ ...event, event_id: 'e4' })
  recorder.record({ ...event, event_id: 'e2' })
  await recorder.flush()
  expect(batches).toEqual([
    ['ses_a e1', 'ses_a e2'],
    ['ses_b e1', 'ses_b e2'],
    ['ses_c e1', 'ses_c e2', 'ses_d e3'],
    ['ses_d e2', 'ses_1 e4'],
    ['ses_1 e2'],
  ])
  expect(recorder.ledger()).toMatchObject({ recorded: 10, recovered: 8, accepted: 10, duplicate: 0 })
  await recorder.close(0)
  expect([...kept]).toEqual([])
})

test('of two with one id, the spool forgets the one that is dropped', async () => {
  const dropped: DroppedEvent[] = []
  const { spool, kept } = keepingSpool([left('ses_0', 'e1')])
  const { recorder } = startRecorder({ spool, maxPending: 1, onDropped: (one) => dropped.push(one) })
  await recorder.recover()
  recorder.record({ ...event, event_id: 'e1' })
  await recorder.persisted()
  expect(dropped.map(({ event, reason }) => [name(event), reason])).toEqual([['ses_0 e1', 'overflow']])
  expect([...kept]).toEqual(['ses_1 e1'])
})

test('of two with one id, the one that the spool would not take is dropped at the end, the other is kept', async () => {
  const dropped: DroppedEvent[] = []
  const spooled = keepingSpool([left('ses_0', 'e1')])
  const { recorder } = startRecorder({ spool: spooled.spool, onDropped: (one) => dropped.push(one) })
  await recorder.recover()
  spooled.isFull = true
  recorder.record({ ...event, event_id: 'e1' })
  await recorder.close(0)
  expect(dropped.map(({ event, reason }) => [name(event), reason])).toEqual([['ses_1 e1', 'ended']])
  expect(recorder.ledger()).toMatchObject({ recorded: 2, pending: 1, dropped: { ended: 1 } })
  expect([...spooled.kept]).toEqual(['ses_0 e1'])
})
