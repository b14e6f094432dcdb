import type { EventBatchResponse, Problem } from '@achilles/mcp-contract'
import type { PendingEvent } from './pending-events.ts'

/** What became of an event. */
export type Verdict =
  | { status: 'accepted' | 'duplicate' }
  | { status: 'failed'; error: string; code: string | undefined; problem?: Problem }

/** Core’s answer to a batch, event by event; one that it does not mention has failed. */
export function verdictsOf(answer: EventBatchResponse): (event: PendingEvent) => Verdict {
  const verdicts = new Map<string, Verdict>()
  for (const { event_id, error, code } of answer.failed) verdicts.set(event_id, { status: 'failed', error, code })
  for (const { event_id, status } of answer.results) {
    verdicts.set(event_id, { status: status === 'duplicate' ? 'duplicate' : 'accepted' })
  }
  return ({ event_id }) => verdicts.get(event_id) ?? UNMENTIONED
}

const UNMENTIONED: Verdict = {
  status: 'failed',
  error: 'Core answered without saying what became of it.',
  code: 'CORE_CONTRACT_VIOLATION',
}

/** A problem with a whole batch, as the verdict on each of its events. */
export const refusedBy = (problem: Problem): Verdict => ({
  status: 'failed',
  error: problem.detail,
  code: problem.code,
  problem,
})
