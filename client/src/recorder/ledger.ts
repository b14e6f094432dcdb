/**
 * What became of every event recorded. It always balances: `recorded` is the sum of `accepted`, `duplicate`, `failed`,
 * every count in `dropped`, and `pending`.
 */
export interface Ledger {
  /** Everything recorded here, with what earlier runs left in the spool. */
  recorded: number
  /** Of those, what earlier runs left. */
  recovered: number
  /** Core holds it now. */
  accepted: number
  /** Core held it before. */
  duplicate: number
  /** Refused for good, and told through `onFailed`. */
  failed: number
  /** Given up here, by reason, and told through `onDropped`. */
  dropped: Partial<Record<DropReason, number>>
  /** Waits for Core’s answer. */
  pending: number
}

/**
 * Why an event was given up: there were more than `maxPending` (or `maxPendingBytes`) and it was the oldest; or the
 * session ended while it waited, and the spool does not outlive the process, or would not take it.
 */
export type DropReason = 'overflow' | 'ended'
