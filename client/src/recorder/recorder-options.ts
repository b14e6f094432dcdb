import type { MCPEvent, Problem } from '@achilles/mcp-contract'
import { count, FUNCTION, milliseconds, type Rules } from '../check-options.ts'
import type { Spool } from '../spool/spool.ts'

/** An event as it is recorded: what is left out is filled in. */
export type NewEvent = Omit<MCPEvent, 'session_id' | 'event_id' | 'timestamp'> &
  Partial<Pick<MCPEvent, 'event_id' | 'timestamp'>>

/** An event that Core will not take. */
export interface FailedEvent {
  event: MCPEvent
  /** Why, for a person. */
  error: string
  /** Core’s code for it, or the problem’s where its whole batch was refused. */
  code: string | undefined
  /** What was said of its whole batch, where it was not the event that Core refused. */
  problem?: Problem
}

/**
 * Why an event was given up: there were more than `maxPending` (or `maxPendingBytes`) and it was the oldest; or the
 * session ended while it waited, and the spool does not outlive the process, or would not take it.
 */
export type DropReason = 'overflow' | 'ended'

/** An event that was given up before Core answered for it. */
export interface DroppedEvent {
  event: MCPEvent
  reason: DropReason
}

/** How events are kept and sent. What a callback throws, or rejects with, goes to `onError` and changes nothing else. */
export interface RecorderOptions {
  /**
   * Where events are kept until Core has answered for them.
   * @default memorySpool()
   */
  spool?: Spool
  /**
   * How long an event waits for a batch to fill, in milliseconds; 25 days at most, also where it is `Infinity`.
   * @default 2000
   */
  flushIntervalMs?: number
  /**
   * How many events may wait; past it the oldest is dropped.
   * @default 10000
   */
  maxPending?: number
  /**
   * How many bytes of JSON may wait; past it the oldest is dropped.
   * @default 67108864 (64 MiB)
   */
  maxPendingBytes?: number
  /** Told of every event that Core will not take. */
  onFailed?: (failed: FailedEvent) => void
  /** Told of every event that was given up. */
  onDropped?: (dropped: DroppedEvent) => void
  /** Told of every failed attempt and every fault of the spool; neither loses an event. */
  onError?: (error: unknown) => void
}

/** What the options that are not of a session's own must be. */
export const RECORDER_RULES: Rules<Omit<RecorderOptions, 'spool'>> = {
  flushIntervalMs: milliseconds(0),
  maxPending: count(1),
  maxPendingBytes: count(1),
  onFailed: FUNCTION,
  onDropped: FUNCTION,
  onError: FUNCTION,
}
