import { InsightOut } from '@achilles/mcp-contract'
import { expect, test } from 'vitest'
import { fakeEvents } from './fake-event.ts'
import { findInsights } from './find-insights.ts'

const events = [
  ...fakeEvents(6, 1, { event_type: 'error' }),
  ...fakeEvents(5, 1, { event_type: 'suggestion_rejected', agent_id: 'a' }, 100),
]

test('insights match the contract and do not depend on the order of the events', () => {
  const insights = findInsights(events)
  const created_at = '2026-03-02T09:00:00.000000Z'
  expect(insights.map((insight) => InsightOut.parse({ ...insight, created_at }))).toHaveLength(2)
  expect(insights).toMatchObject([{ category: 'agent_behavior', agent_id: 'a' }, { agent_id: null }])
  expect(findInsights(events.toReversed())).toEqual(insights)
})

test('ids differ between sessions', () => {
  const [here] = findInsights(events)
  const [there] = findInsights(events.map((event) => ({ ...event, session_id: 'ses_2' })))
  expect(here?.insight_id).not.toBe(there?.insight_id)
})

test('no insights without events', () => {
  expect(findInsights([])).toEqual([])
})
