import type { Database } from '../../database.ts'
import { comparePositions } from '../../insight-rules/insight-rule.ts'
import { ACCEPTED, REJECTED } from '../../insight-rules/rejected-suggestions.ts'
import {
  type NewTally,
  SUBJECT_RULES,
  type SubjectTally,
  tallyEvents,
  toKey,
} from '../../insight-rules/tally-events.ts'
import type { SessionEvent } from '../session-event.ts'
import { findChangedBursts } from './find-changed-bursts.ts'
import { findChangedRuns } from './find-changed-runs.ts'
import { addTallies } from './tallies.ts'
import { type Change, writeInsights } from './write-insights.ts'

/** What events add to the sessions of which they may change insights. */
export interface Effect {
  sessionIds: ReadonlySet<string>
  added: ReadonlyMap<string, NewTally>
  decisions: readonly SessionEvent[]
}

export function getEffect(events: readonly SessionEvent[]): Effect {
  const added = tallyEvents(events)
  const decisions = events.filter(isDecision)
  return {
    sessionIds: new Set([...added.values(), ...decisions].map(({ session_id }) => session_id)),
    added,
    decisions,
  }
}

const isDecision = ({ event_type }: SessionEvent) => event_type === REJECTED || event_type === ACCEPTED

/** Adds to the tallies and updates the insights, like `updateInsights`. */
export async function addEffect(db: Database, effect: Effect): Promise<void> {
  await updateInsights(db, effect, await addTallies(db, [...effect.added.values()]))
}

/**
 * Updates the insights that events have changed. `db` must be the transaction that has locked the sessions and then
 * inserted the events. So it sees what other transactions did with these sessions.
 * @param tallies the sums of what is added
 */
export async function updateInsights(
  db: Database,
  { added, decisions }: Effect,
  tallies: readonly SubjectTally[],
): Promise<void> {
  await writeInsights(db, [
    ...findChangedSubjects(tallies, added),
    ...(await findChangedBursts(db, tallies)),
    ...(await findChangedRuns(db, decisions)),
  ])
}

/** Only insights that are new, another one or no longer found; the content of others follows from their tallies. */
function findChangedSubjects(tallies: readonly SubjectTally[], added: ReadonlyMap<string, NewTally>): Change[] {
  return tallies.flatMap((tally) => {
    const [rule, share] = [SUBJECT_RULES.get(tally.rule), added.get(toKey(tally))]
    if (!rule || !share) return []
    const isFound = rule.isFound(tally)
    const before = { count: tally.count - share.count, considered: tally.considered - share.considered }
    const hasMoved = comparePositions(tally.first, share.first) === 0
    if (isFound === rule.isFound(before) && !(isFound && hasMoved)) return []
    const { session_id, subject, first } = tally
    const found = isFound ? [{ subject, first, label: share.label }] : []
    return { session_id, rule: tally.rule, from: subject, to: subject, found }
  })
}
