import type { CompleteEvent, MCPEvent } from '@achilles/mcp-contract'
import { v5, v7 } from 'uuid'
import type { z } from 'zod'

type Event = z.output<typeof MCPEvent>

/** A random UUID, the namespace of ids that are derived from an idempotency key (RFC 9562, section 5.5). */
const NAMESPACE = '3d2d1d2e-7a3c-4bb5-9a0e-8f7a4f0f6c51'

/**
 * Creates the id of an event that has none: with an idempotency key always the same for the same index, so that a retry
 * sends the same event.
 */
export const createEventId = (key: string | undefined, index: number): string =>
  key === undefined ? v7() : v5(`${key}:${index}`, NAMESPACE)

export interface Completed {
  events: CompleteEvent[]
  /** A retry with the same idempotency key does not have the same body. */
  hasNewTimes: boolean
}

/** Adds the ids and times that the caller left out; undefined if the events are complete. */
export function completeEvents(
  events: readonly Event[],
  { key, receivedAt }: { key: string | undefined; receivedAt: number },
): Completed | undefined {
  if (events.every(isComplete)) return undefined
  const timestamp = new Date(receivedAt).toISOString()
  return {
    events: events.map((event, index) => ({
      ...event,
      event_id: event.event_id ?? createEventId(key, index),
      timestamp: event.timestamp ?? timestamp,
    })),
    hasNewTimes: events.some((event) => event.timestamp === undefined),
  }
}

const isComplete = ({ event_id, timestamp }: Event) => event_id !== undefined && timestamp !== undefined
