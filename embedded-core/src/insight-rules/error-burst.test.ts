import { expect, test } from 'vitest'
import { fakeEvent, fakeEvents } from '../testing/fake-event.ts'
import { findBy } from '../testing/find-insights.ts'

const errorBurst = findBy('error_burst')

test('five errors within five minutes are a burst', () => {
  const events = fakeEvents(6, 60, { event_type: 'error' })
  expect(errorBurst(events)).toMatchObject([{ first: { event_id: 'e0' }, severity: 'medium', payload: { errors: 6 } }])
})

test('four errors, or five over a longer time, are not a burst', () => {
  expect(errorBurst(fakeEvents(4, 1, { event_type: 'error' }))).toEqual([])
  expect(errorBurst(fakeEvents(50, 78, { event_type: 'error' }))).toEqual([])
})

test('ten errors have a higher severity; a later burst is a separate insight', () => {
  const events = [...fakeEvents(10, 1, { event_type: 'error' }), ...fakeEvents(5, 1, { event_type: 'error' }, 3600)]
  expect(errorBurst(events).map(({ severity, first }) => [severity, first.event_id])).toEqual([
    ['high', 'e0'],
    ['medium', 'e3600'],
  ])
})

test.each([
  { status: 'failed' },
  { success: false },
  { passed: false },
  { exit_code: 1 },
  { failed: 3 },
  { failed: true },
])('a run with %o counts as failed', (payload) => {
  expect(errorBurst(fakeEvents(5, 1, { event_type: 'test_run', payload }))).toHaveLength(1)
  expect(errorBurst(fakeEvents(5, 1, { event_type: 'command_executed', payload }))).toEqual([])
})

test('a run that passed, or reports no result, does not count', () => {
  const passed = { status: 'passed', success: true, exit_code: 0, failed: 0 }
  const events = fakeEvents(5, 1, { event_type: 'build_run', payload: passed })
  expect(errorBurst([...events, ...fakeEvents(4, 1, { event_type: 'error' }, 10)])).toEqual([])
  expect(errorBurst([fakeEvent(0, { event_type: 'test_run' })])).toEqual([])
})

test('five errors within five minutes are found wherever they are on the clock', () => {
  for (let offset = 0; offset < 900; offset++) {
    expect(errorBurst(fakeEvents(5, 75, { event_type: 'error' }, offset))).toHaveLength(1)
  }
})

test('bursts follow each other without a gap', () => {
  const events = fakeEvents(40, 30, { event_type: 'error' }, 300)
  expect(errorBurst(events).map(({ first, payload }) => [first.event_id, payload.errors])).toEqual([
    ['e300', 11],
    ['e630', 11],
    ['e960', 11],
    ['e1290', 7],
  ])
})

test('after a quarter of an hour without five minutes’ pause bursts begin at the quarter', () => {
  const events = fakeEvents(120, 30, { event_type: 'error' })
  const starts = errorBurst(events).map(({ first }) => Number(first.event_id.slice(1)))
  expect(starts).toEqual([0, 330, 660, 900, 1230, 1560, 1800, 2130, 2460, 2700, 3030, 3360])
})
