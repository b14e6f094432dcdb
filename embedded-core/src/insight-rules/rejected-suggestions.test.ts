import { expect, test } from 'vitest'
import { fakeEvent, fakeEvents } from '../testing/fake-event.ts'
import { findBy } from '../testing/find-insights.ts'

const rejectedSuggestions = findBy('rejected_suggestions')

const rejected = (count: number, from: number, agent_id: string) =>
  fakeEvents(count, 1, { event_type: 'suggestion_rejected', agent_id }, from)

test('five rejections in a row of one agent have its agent_id', () => {
  expect(rejectedSuggestions(rejected(6, 0, 'a'))).toMatchObject([
    { first: { event_id: 'e0' }, agent_id: 'a', payload: { rejected: 6 } },
  ])
})

test('rejections of several agents have no agent_id', () => {
  expect(rejectedSuggestions([...rejected(3, 0, 'a'), ...rejected(2, 3, 'b')])).toMatchObject([{ agent_id: null }])
})

test('an accepted suggestion ends the run, other events do not', () => {
  const accepted = fakeEvent(4, { event_type: 'suggestion_accepted' })
  const other = fakeEvent(4, { event_type: 'suggestion_shown' })
  expect(rejectedSuggestions([...rejected(4, 0, 'a'), accepted, ...rejected(4, 5, 'a')])).toEqual([])
  expect(rejectedSuggestions([...rejected(4, 0, 'a'), other, ...rejected(4, 5, 'a')])).toHaveLength(1)
  expect(rejectedSuggestions([...rejected(5, 0, 'a'), accepted, ...rejected(5, 6, 'a')])).toHaveLength(2)
})

test('a hundred rejections count as a hundred or more', () => {
  expect(rejectedSuggestions([...rejected(100, 0, 'a'), ...rejected(50, 100, 'b')])).toMatchObject([
    { agent_id: 'a', message: '100 or more suggestions were rejected in a row.', payload: { rejected: 100 } },
  ])
})

test('rejections and acceptances of one time are ordered by their ids', () => {
  const at = (event_id: string, event_type: string) => fakeEvent(0, { event_id, event_type })
  const run = ['a', 'b', 'c', 'd', 'e'].map((id) => at(id, 'suggestion_rejected'))
  expect(rejectedSuggestions([...run, at('bb', 'suggestion_accepted')])).toEqual([])
  expect(rejectedSuggestions([...run, at('f', 'suggestion_accepted')])).toHaveLength(1)
})
