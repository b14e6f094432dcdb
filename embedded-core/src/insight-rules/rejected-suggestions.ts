import type { Finding, Position } from './insight-rule.ts'

const MIN_LENGTH = 5
/** Longer runs count as this long, so that a late acceptance that divides a run costs little. */
export const MAX_RUN_LENGTH = 100

export const REJECTED = 'suggestion_rejected'
/** Ends a run. */
export const ACCEPTED = 'suggestion_accepted'

export interface Rejection extends Position {
  agent_id?: string | undefined
}

/** @param run the first rejections after an acceptance, in order, at most `MAX_RUN_LENGTH` */
export function findRejectedRun(run: readonly Rejection[]): Finding | undefined {
  const [first] = run
  if (!first || run.length < MIN_LENGTH) return undefined
  const agent_id = run.every((rejection) => rejection.agent_id === first.agent_id) ? (first.agent_id ?? null) : null
  const count = run.length < MAX_RUN_LENGTH ? `${run.length}` : `${run.length} or more`
  return {
    first,
    severity: 'medium',
    category: 'agent_behavior',
    title: 'Suggestions rejected in a row',
    message: `${count} suggestions were rejected in a row.`,
    agent_id,
    payload: { rejected: run.length },
  }
}
