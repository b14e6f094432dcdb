import { expect, test } from 'vitest'
import { fakeEvents } from '../testing/fake-event.ts'
import { findBy } from '../testing/find-insights.ts'

const fileChurn = findBy('file_churn')

const edits = (file_path: string, count: number, from = 0) =>
  fakeEvents(count, 1, { event_type: 'file_edited', file_path }, from)

test('each file edited ten times is a separate insight', () => {
  const events = [...edits('a.ts', 11), ...edits('b.ts', 9, 20), ...edits('__proto__', 10, 30)]
  expect(fileChurn(events)).toMatchObject([
    { first: { event_id: 'e0' }, payload: { file_path: 'a.ts', edits: 11 } },
    { first: { event_id: 'e30' }, payload: { file_path: '__proto__', edits: 10 } },
  ])
})

test('edits without a path and other events do not count', () => {
  expect(fileChurn(fakeEvents(20, 1, { event_type: 'file_edited' }))).toEqual([])
  expect(fileChurn(fakeEvents(20, 1, { event_type: 'file_saved', file_path: 'a.ts' }))).toEqual([])
})

test('a long path is shortened, and paths that differ only beyond that are different files', () => {
  const path = `${'x'.repeat(999)}😀`
  const [insight] = fileChurn([...edits(`${path}a`, 10), ...edits(`${path}b`, 9, 10)])
  expect(insight?.payload).toEqual({ file_path: `${'x'.repeat(999)}…`, edits: 10 })
})

test('paths with different lone surrogates are different files', () => {
  expect(fileChurn([...edits('\ud800', 9), ...edits('\ud801', 9, 10)])).toEqual([])
})
