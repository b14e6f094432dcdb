import { InsightOut } from '@achilles/mcp-contract'
import { expect, test } from 'vitest'
import { fakeEvents } from '../testing/fake-event.ts'
import { findInsights } from './insights.ts'

const events = [
  ...fakeEvents(6, 1, { event_type: 'error' }),
  ...fakeEvents(5, 1, { event_type: 'suggestion_rejected', agent_id: 'a' }, 100),
]

test('insights are newest first, match the contract and do not change', () => {
  const insights = findInsights('ses_1', events)
  expect(insights.map((insight) => InsightOut.parse(insight))).toMatchObject([
    { category: 'agent_behavior', agent_id: 'a', created_at: '2026-03-02T09:01:44.000Z' },
    { category: 'reliability', agent_id: null, created_at: '2026-03-02T09:00:04.000Z' },
  ])
  expect(findInsights('ses_1', events)).toEqual(insights)
})

test('ids differ between sessions', () => {
  const [here] = findInsights('ses_1', events)
  const [there] = findInsights('ses_2', events)
  expect(here?.insight_id).not.toBe(there?.insight_id)
})

test('no insights without events', () => {
  expect(findInsights('ses_1', [])).toEqual([])
})
