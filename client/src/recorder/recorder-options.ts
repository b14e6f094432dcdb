import type { MCPEvent, Problem } from '@achilles/mcp-contract'
import { count, FUNCTION, milliseconds, type Rules } from '../check-options.ts'
import type { Spool } from '../spool/spool.ts'

/** An event to record; omitted fields are filled in. */
export type NewEvent = Omit<MCPEvent, 'session_id' | 'event_id' | 'timestamp'> &
  Partial<Pick<MCPEvent, 'event_id' | 'timestamp'>>

/** An event that was rejected for good. */
export interface FailedEvent {
  event: MCPEvent
  /** The reason, for humans. */
  error: string
  /** Core’s code for the event, or the problem’s if the whole batch was rejected. */
  code: string | undefined
  /** The problem of the whole batch, if the batch was rejected rather than the event. */
  problem?: Problem
}

/**
 * Why an event was dropped. `overflow`: it was the oldest of more than `maxPending` events or `maxPendingBytes` bytes.
 * `ended`: it was pending when the session ended, and the spool is not durable or could not store it.
 */
export type DropReason = 'overflow' | 'ended'

/** An event that was dropped before Core accepted or rejected it. */
export interface DroppedEvent {
  event: MCPEvent
  reason: DropReason
}

/** How events are stored and sent. What a callback throws or rejects with goes to `onError` and has no other effect. */
export interface RecorderOptions {
  /**
   * Where events are stored until Core accepts or rejects them.
   * @default memorySpool()
   */
  spool?: Spool
  /**
   * How long an event waits for a batch to fill, in milliseconds; capped at 25 days, also for `Infinity`.
   * @default 2000
   */
  flushIntervalMs?: number
  /**
   * The maximum number of pending events; beyond it, the oldest is dropped.
   * @default 10000
   */
  maxPending?: number
  /**
   * The maximum size of pending events, in bytes of JSON; beyond it, the oldest is dropped.
   * @default 67108864 (64 MiB)
   */
  maxPendingBytes?: number
  /** Called for each event that was rejected for good. */
  onFailed?: (failed: FailedEvent) => void
  /** Called for each event that was dropped. */
  onDropped?: (dropped: DroppedEvent) => void
  /** Called for each failed attempt and each error of the spool; neither loses an event. */
  onError?: (error: unknown) => void
}

export const RECORDER_RULES: Rules<Omit<RecorderOptions, 'spool'>> = {
  flushIntervalMs: milliseconds(0),
  maxPending: count(1),
  maxPendingBytes: count(1),
  onFailed: FUNCTION,
  onDropped: FUNCTION,
  onError: FUNCTION,
}
