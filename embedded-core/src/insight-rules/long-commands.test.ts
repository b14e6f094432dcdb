import { expect, test } from 'vitest'
import { fakeEvent, fakeEvents } from '../testing/fake-event.ts'
import { findBy } from '../testing/find-insights.ts'

const longCommands = findBy('long_commands')

test('three commands of a minute or more are one insight', () => {
  const events = [
    fakeEvent(0, { event_type: 'command_executed', duration_ms: 60_000 }),
    fakeEvent(1, { event_type: 'test_run', duration_ms: 90_000 }),
    fakeEvent(2, { event_type: 'build_run', duration_ms: 60_000.5 }),
  ]
  expect(longCommands(events)).toMatchObject([{ payload: { commands: 3, longest_ms: 90_000 } }])
})

test('shorter commands and other events do not count', () => {
  expect(longCommands(fakeEvents(9, 1, { event_type: 'command_executed', duration_ms: 59_999 }))).toEqual([])
  expect(longCommands(fakeEvents(9, 1, { event_type: 'agent_response', duration_ms: 90_000 }))).toEqual([])
  expect(longCommands(fakeEvents(9, 1, { event_type: 'test_run' }))).toEqual([])
})
