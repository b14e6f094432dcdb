import { expect, test } from 'vitest'
import { fakeEvent, fakeEvents } from '../testing/fake-event.ts'
import { rejectedSuggestions } from './rejected-suggestions.ts'

const rejected = (count: number, from: number, agent_id: string) =>
  fakeEvents(count, 1, { event_type: 'suggestion_rejected', agent_id }, from)

test('five rejections in a row of one agent have its agent_id', () => {
  expect(rejectedSuggestions(rejected(6, 0, 'a'))).toMatchObject([
    { first: { event_id: 'e0' }, completedBy: { event_id: 'e4' }, agent_id: 'a', payload: { rejected: 6 } },
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
