import type { Database } from '../../database.ts'
import { ACCEPTED, REJECTED } from '../../insight-rules/rejected-suggestions.ts'
import {
  isTallied,
  type NewTally,
  SUBJECT_RULES,
  type SubjectTally,
  tallyEvents,
  toKey,
} from '../../insight-rules/tally-events.ts'
import type { SessionEvent } from '../session-event.ts'
import { findChangedBursts } from './find-changed-bursts.ts'
import { findChangedRuns } from './find-changed-runs.ts'
import { lockAndAddTallies, lockSessions } from './tallies.ts'
import { type Change, writeInsights } from './write-insights.ts'

/** Whether the event may change an insight. */
export const concernsRules = (event: SessionEvent): boolean => isDecision(event) || isTallied(event)

const isDecision = ({ event_type }: SessionEvent) => event_type === REJECTED || event_type === ACCEPTED

/**
 * Updates the insights of all sessions to which events were added. `db` must be the transaction that has inserted them.
 * Each statement waits for, and then sees, what other transactions did with these sessions.
 */
export async function updateInsights(db: Database, events: readonly SessionEvent[]): Promise<void> {
  const added = tallyEvents(events)
  const decisions = events.filter(isDecision)
  const sessionIds = new Set([...added.values(), ...decisions].map(({ session_id }) => session_id))
  if (sessionIds.size === 0) return
  if (added.size === 0) await lockSessions(db, sessionIds)
  const tallies = added.size === 0 ? [] : await lockAndAddTallies(db, sessionIds, [...added.values()])
  await writeInsights(db, [
    ...findChangedSubjects(tallies, added),
    ...(await findChangedBursts(db, tallies)),
    ...(await findChangedRuns(db, decisions)),
  ])
}

function findChangedSubjects(tallies: readonly SubjectTally[], added: ReadonlyMap<string, NewTally>): Change[] {
  return tallies.flatMap((tally) => {
    const [rule, event] = [SUBJECT_RULES.get(tally.rule), added.get(toKey(tally))?.event]
    if (!rule || !event || tally.count < rule.minimum) return []
    const { session_id, subject } = tally
    const finding = rule.find(tally, event)
    return { session_id, rule: tally.rule, from: subject, to: subject, found: finding ? [{ subject, finding }] : [] }
  })
}
