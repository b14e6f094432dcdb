import type { JsonObject, MCPEvent, Problem } from '@achilles/mcp-contract'
import { count, FUNCTION, milliseconds, type Rules } from '../check-options.ts'
import type { EntryKind, Spool } from '../spool/spool.ts'
import type { SessionState } from './session-sender.ts'

/** An event to record; omitted fields are filled in. */
export type NewEvent = Omit<MCPEvent, 'session_id' | 'event_id' | 'timestamp'> &
  Partial<Pick<MCPEvent, 'event_id' | 'timestamp'>>

/** What was recorded, as callbacks get it. */
export interface RecordedEntry {
  kind: EntryKind
  /** For an event its `event_id`. */
  id: string
  /** What is sent, without the id of Core's session. */
  entry: JsonObject
}

/** An entry that was rejected for good. */
export interface FailedEntry extends RecordedEntry {
  /** The reason, for humans. */
  error: string
  /** Core’s code for the event, or the problem’s code if the whole call was rejected. */
  code: string | undefined
  /** The problem, if the whole call was rejected rather than one event of a batch. */
  problem?: Problem
}

/**
 * Why an entry was dropped. `overflow`: it was the oldest of more than `maxPending` entries or `maxPendingBytes` bytes.
 * `ended`: it was pending when the session ended, and the spool is not durable or could not store it. `beforeSend`: the
 * callback returned null or failed.
 */
export type DropReason = 'overflow' | 'ended' | 'beforeSend'

/** An entry that was dropped before Core accepted or rejected it. */
export interface DroppedEntry extends RecordedEntry {
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
  /**
   * Called for each event before it is stored anywhere, to change it or, by returning null, to leave it out. If it throws,
   * the event is left out.
   */
  beforeSend?: (event: NewEvent) => NewEvent | null
  /** Called for each entry that was rejected for good. */
  onFailed?: (failed: FailedEntry) => void
  /** Called for each entry that was dropped. */
  onDropped?: (dropped: DroppedEntry) => void
  /** Called for each failed attempt and each error of the spool; neither loses anything. */
  onError?: (error: unknown) => void
  /** Called when the gateway is reached, or cannot be reached any more. */
  onStateChange?: (state: SessionState) => void
}

export const RECORDER_RULES: Rules<Omit<RecorderOptions, 'spool'>> = {
  flushIntervalMs: milliseconds(0),
  maxPending: count(1),
  maxPendingBytes: count(1),
  beforeSend: FUNCTION,
  onFailed: FUNCTION,
  onDropped: FUNCTION,
  onError: FUNCTION,
  onStateChange: FUNCTION,
}
