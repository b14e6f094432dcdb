import type { EventIdentity } from './spool.ts'

/** One string for what an event is known by; a line break stands in no id. */
export const eventKey = ({ session_id, event_id }: EventIdentity): string => `${session_id}\n${event_id}`

/**
 * The session of an event that was stored without: earlier versions kept `event_id` and `json` alone. Empty where it
 * cannot be read.
 */
export function sessionIn(json: string): string {
  try {
    const { session_id } = JSON.parse(json) as { session_id?: unknown }
    return typeof session_id === 'string' ? session_id : ''
  } catch {
    return ''
  }
}
