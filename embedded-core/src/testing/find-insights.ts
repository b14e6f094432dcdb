import { findBursts, toBucketIndex } from '../insight-rules/error-burst.ts'
import { comparePositions, type Finding, type SubjectRule } from '../insight-rules/insight-rule.ts'
import { ACCEPTED, findRejectedRun, MAX_RUN_LENGTH, REJECTED } from '../insight-rules/rejected-suggestions.ts'
import { ERROR_BURST, REJECTED_SUGGESTIONS, SUBJECT_RULES, tallyEvents } from '../insight-rules/tally-events.ts'
import { toContent, toInsightId } from '../store/insights/write-insights.ts'
import type { SessionEvent } from '../store/session-event.ts'

/**
 * All insights of one session, computed from all its events in one go: what Core must have, however they arrived.
 * Sorted by their ids.
 */
export function findInsights(events: readonly SessionEvent[]) {
  const found = [...FINDERS].flatMap(([rule, find]) => find(events).map((finding) => ({ rule, finding })))
  const session_id = events[0]?.session_id ?? ''
  return found
    .map(({ rule, finding }) => ({
      ...toContent(rule, finding),
      insight_id: toInsightId(session_id, rule, finding.first),
      session_id,
    }))
    .sort((a, b) => (a.insight_id < b.insight_id ? -1 : 1))
}

/** What one rule finds. */
export function findBy(rule: string) {
  const find = FINDERS.get(rule)
  if (!find) throw new Error(`no rule is named ${rule}`)
  return find
}

const FINDERS: ReadonlyMap<string, (events: readonly SessionEvent[]) => Finding[]> = new Map([
  ...[...SUBJECT_RULES].map(([name, rule]) => [name, bySubject(name, rule)] as const),
  [ERROR_BURST, findErrorBursts],
  [REJECTED_SUGGESTIONS, findRejectedRuns],
])

function bySubject(name: string, { isFound, find }: SubjectRule) {
  return (events: readonly SessionEvent[]) =>
    [...tallyEvents(events).values()]
      .filter((tally) => tally.rule === name && isFound(tally))
      .map((tally) => find(tally, tally.label))
}

function findErrorBursts(events: readonly SessionEvent[]): Finding[] {
  const buckets = [...tallyEvents(events).values()]
    .filter(({ rule }) => rule === ERROR_BURST)
    .map(({ subject, count, first }) => ({ index: toBucketIndex(subject), count, first }))
    .sort((a, b) => a.index - b.index)
  return findBursts(buckets).map(({ finding }) => finding)
}

function findRejectedRuns(events: readonly SessionEvent[]): Finding[] {
  const runs: SessionEvent[][] = [[]]
  for (const event of events.toSorted(comparePositions)) {
    if (event.event_type === ACCEPTED) runs.push([])
    else if (event.event_type === REJECTED) runs.at(-1)?.push(event)
  }
  return runs.flatMap((run) => findRejectedRun(run.slice(0, MAX_RUN_LENGTH)) ?? [])
}
