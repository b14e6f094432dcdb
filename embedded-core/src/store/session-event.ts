import type { CompleteEvent, JsonObject } from '@achilles/mcp-contract'
import { epochMs } from '../read-request.ts'

/** The part of an event that rules and correlations read. */
export interface SessionEvent {
  event_id: string
  session_id: string
  event_type: string
  /** Milliseconds since 1970, with a fraction. */
  at_ms: number
  agent_id?: string | undefined
  parent_event_id?: string | undefined
  correlation_id?: string | undefined
  file_path?: string | undefined
  duration_ms?: number | undefined
  attribution_confidence?: number | undefined
  /** Null if the event has none, or is of a type whose payload no rule reads. */
  payload: JsonObject | null
}

export const toSessionEvent = (event: CompleteEvent): SessionEvent => ({
  ...event,
  at_ms: epochMs(event.timestamp),
  payload: event.payload ?? null,
})
