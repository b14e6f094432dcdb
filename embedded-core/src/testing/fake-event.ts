import type { SessionEvent } from '../store/events.ts'

const START = Date.parse('2026-03-02T09:00:00Z')

/** An event `seconds` after 2026-03-02T09:00:00Z. */
export function fakeEvent(seconds: number, event: Partial<SessionEvent> & { event_type: string }): SessionEvent {
  const at_ms = START + seconds * 1000
  return { event_id: `e${seconds}`, at_ms, timestamp: new Date(at_ms).toISOString(), payload: null, ...event }
}

/** Equal events, one every `everySeconds`, the first at `from` seconds. */
export function fakeEvents(
  count: number,
  everySeconds: number,
  event: Partial<SessionEvent> & { event_type: string },
  from = 0,
): SessionEvent[] {
  return Array.from({ length: count }, (_, index) => fakeEvent(from + index * everySeconds, event))
}
