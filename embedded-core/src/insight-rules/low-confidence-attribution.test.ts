import { expect, test } from 'vitest'
import { fakeEvents } from '../testing/fake-event.ts'
import { findBy } from '../testing/find-insights.ts'

const lowConfidenceAttribution = findBy('low_confidence_attribution')

const attributed = (count: number, attribution_confidence: number, from: number) =>
  fakeEvents(count, 1, { event_type: 'file_edited', attribution_confidence }, from)

test('ten of 33 attributed events are enough, ten of 34 are not', () => {
  const low = attributed(10, 0.49, 0)
  expect(lowConfidenceAttribution([...low, ...attributed(23, 0.5, 10)])).toMatchObject([
    {
      first: { event_id: 'e0' },
      payload: { low_confidence_events: 10, attributed_events: 33 },
    },
  ])
  expect(lowConfidenceAttribution([...low, ...attributed(24, 0.5, 10)])).toEqual([])
})

test('nine events are not enough, and events without a confidence do not count', () => {
  expect(lowConfidenceAttribution(attributed(9, 0.1, 0))).toEqual([])
  const silent = fakeEvents(100, 1, { event_type: 'file_edited' }, 10)
  expect(lowConfidenceAttribution([...attributed(10, 0.1, 0), ...silent])).toHaveLength(1)
})
