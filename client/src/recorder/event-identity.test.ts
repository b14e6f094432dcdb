import type { MCPEvent } from '@achilles/mcp-contract'
import { expect, test } from 'vitest'
import type { EntryKey, Spool, SpoolEntry } from '../spool/spool.ts'
import type { DroppedEntry, NewEvent, RecorderOptions } from './recorder-options.ts'
import { accept, LIMITS, type Send, startRecorder as startWith } from './testing/start-recorder.ts'

// Two sessions may both have an `e1`; Core knows an event by its session and id.

const event: NewEvent = { event_type: 'file_edited', source_type: 'ide' }
const LATER = 3_600_000

/** Of version 0.1.0, which knew Core's session. */
const left = (session_id: string, event_id: string): SpoolEntry => ({
  session: session_id,
  id: event_id,
  kind: 'event',
  json: JSON.stringify({ ...event, event_id, session_id, timestamp: '2026-03-02T09:00:00Z' }),
})
const name = ({ session_id, event_id }: MCPEvent) => `${session_id} ${event_id}`
/** The recorder's own session has a reference of its own. */
const nameEntry = ({ session, id }: EntryKey) => `${session.startsWith('ses_') ? session : 'own'} ${id}`

/** A spool with what earlier runs left, which takes new events while `isFull` is false. */
function keepingSpool(...runs: SpoolEntry[][]) {
  const kept = new Set(runs.flat().map(nameEntry))
  const state = { isFull: false, kept }
  const spool: Spool = {
    durable: true,
    recover: async () => runs.shift() ?? [],
    async append(events) {
      if (state.isFull) throw new Error('no space left')
      for (const one of events) kept.add(nameEntry(one))
    },
    async remove(events) {
      for (const one of events) kept.delete(nameEntry(one))
    },
    close: async () => {},
  }
  return Object.assign(state, { spool })
}

/** A recorder of `ses_1`, and the batches that it sent, each event with its session. */
function startRecorder(options: RecorderOptions, answer: Send = accept) {
  const batches: string[][] = []
  const send: Send = async (events, signal) => {
    batches.push(events.map(name))
    return answer(events, signal)
  }
  return { batches, recorder: startWith(send, { flushIntervalMs: LATER, ...options }, LIMITS) }
}

test('an event is no duplicate of one with its id in an earlier session', async () => {
  const { spool, kept } = keepingSpool([left('ses_0', 'e1')])
  const { recorder, batches } = startRecorder({ spool })
  await recorder.recover()
  recorder.record({ ...event, event_id: 'e1' })
  await recorder.persisted()
  expect([...kept]).toEqual(expect.arrayContaining(['ses_0 e1', 'own e1']))
  await recorder.flush()
  expect(recorder.ledger()).toMatchObject({ recorded: 2, recovered: 1, accepted: 2, duplicate: 0, pending: 0 })
  expect(batches.sort()).toEqual([['ses_0 e1'], ['ses_1 e1']])
  await recorder.close(0, { status: 'completed' }).catch(() => {})
  expect([...kept]).toEqual(['own opening', 'own end'])
})

test('each batch holds events of one session, in order', async () => {
  const runs = ['ses_a', 'ses_b'].map((session) => [left(session, 'e1'), left(session, 'e2')])
  const { spool, kept } = keepingSpool(...runs, [left('ses_c', 'e1'), left('ses_d', 'e2')])
  const { recorder, batches } = startRecorder({ spool })
  await recorder.recover()
  recorder.record({ ...event, event_id: 'e4' })
  recorder.record({ ...event, event_id: 'e2' })
  await recorder.flush()
  expect(batches.sort()).toEqual([
    ['ses_1 e4', 'ses_1 e2'],
    ['ses_a e1', 'ses_a e2'],
    ['ses_b e1', 'ses_b e2'],
    ['ses_c e1'],
    ['ses_d e2'],
  ])
  expect(recorder.ledger()).toMatchObject({ recorded: 8, recovered: 6, accepted: 8, duplicate: 0 })
  await recorder.close(0)
  expect([...kept]).toEqual([])
})

test('of two with one id, the spool forgets the one that is dropped', async () => {
  const dropped: DroppedEntry[] = []
  const { spool, kept } = keepingSpool([left('ses_0', 'e1')])
  const options = { spool, maxPending: 1, onDropped: (one: DroppedEntry) => dropped.push(one) }
  const { recorder } = startRecorder(options, () => new Promise(() => {}))
  await recorder.recover()
  recorder.record({ ...event, event_id: 'e1' })
  await recorder.persisted()
  expect(dropped).toMatchObject([{ kind: 'event', id: 'e1', reason: 'overflow' }])
  expect([...kept]).toEqual(['own opening', 'own e1'])
})

test('of two with one id, the one that the spool would not take is dropped at the end, the other is kept', async () => {
  const dropped: DroppedEntry[] = []
  const spooled = keepingSpool([left('ses_0', 'e1')])
  const options = { spool: spooled.spool, onDropped: (one: DroppedEntry) => dropped.push(one) }
  const { recorder } = startRecorder(options, () => new Promise(() => {}))
  await recorder.recover()
  spooled.isFull = true
  recorder.record({ ...event, event_id: 'e1' })
  await recorder.close(0)
  expect(dropped).toContainEqual(expect.objectContaining({ kind: 'event', id: 'e1', reason: 'ended' }))
  expect(recorder.ledger()).toMatchObject({ recorded: 2, pending: 1, dropped: { ended: 1 } })
  expect([...spooled.kept]).toEqual(expect.arrayContaining(['ses_0 e1']))
  expect([...spooled.kept]).not.toContain('own e1')
})
