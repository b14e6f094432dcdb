import type { EventBatchFailed, EventBatchResponse } from '@achilles/mcp-client'

/** What became of the events sent. */
export interface Tally {
  accepted: number
  duplicate: number
  failed: number
  /** The first few of the failed. */
  failures: EventBatchFailed[]
}

const FAILURES_KEPT = 5

/** Adds the answer to a batch. */
export function count(tally: Tally, { results, failed }: EventBatchResponse): void {
  tally.accepted += results.filter(({ status }) => status === 'accepted').length
  tally.duplicate += results.filter(({ status }) => status === 'duplicate').length
  tally.failed += failed.length
  tally.failures.push(...failed.slice(0, FAILURES_KEPT - tally.failures.length))
}
