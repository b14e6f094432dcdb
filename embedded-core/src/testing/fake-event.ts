import type { SessionEvent } from '../store/session-event.ts'

const START = Date.parse('2026-03-02T09:00:00Z')

/** An event of `ses_1`, `seconds` after 2026-03-02T09:00:00Z. */
export function fakeEvent(seconds: number, event: Partial<SessionEvent> & { event_type: string }): SessionEvent {
  const at_ms = START + seconds * 1000
  return { event_id: `e${seconds}`, session_id: 'ses_1', at_ms, payload: null, ...event }
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
