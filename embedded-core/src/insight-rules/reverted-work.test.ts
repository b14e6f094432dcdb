import { expect, test } from 'vitest'
import { fakeEvents } from '../testing/fake-event.ts'
import { findBy } from '../testing/find-insights.ts'

const revertedWork = findBy('reverted_work')

const operations = (operation: string, count: number, from = 0) =>
  fakeEvents(count, 1, { event_type: 'git_operation', payload: { operation } }, from)

test('three reverts and fixups are one insight', () => {
  const events = [...operations('revert', 2), ...operations('commit', 9, 2), ...operations('fixup', 2, 11)]
  expect(revertedWork(events)).toMatchObject([{ first: { event_id: 'e0' }, payload: { operations: 4 } }])
})

test('two reverts, or events that are not git operations, are no insight', () => {
  expect(revertedWork(operations('revert', 2))).toEqual([])
  expect(revertedWork(fakeEvents(9, 1, { event_type: 'custom', payload: { operation: 'revert' } }))).toEqual([])
  expect(revertedWork(fakeEvents(9, 1, { event_type: 'git_operation' }))).toEqual([])
})
