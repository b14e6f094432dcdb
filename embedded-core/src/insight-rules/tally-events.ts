import type { SessionEvent } from '../store/session-event.ts'
import { failures } from './error-burst.ts'
import { fileChurn } from './file-churn.ts'
import { comparePositions, NO_POSITION, type SubjectRule, type Tally, type TallyRule } from './insight-rule.ts'
import { longCommands } from './long-commands.ts'
import { lowConfidenceAttribution } from './low-confidence-attribution.ts'
import { revertedWork } from './reverted-work.ts'

// The names of rules are part of every insight_id: do not rename them.
export const ERROR_BURST = 'error_burst'
export const REJECTED_SUGGESTIONS = 'rejected_suggestions'

export const SUBJECT_RULES: ReadonlyMap<string, SubjectRule> = new Map([
  ['low_confidence_attribution', lowConfidenceAttribution],
  ['long_commands', longCommands],
  ['reverted_work', revertedWork],
  ['file_churn', fileChurn],
])

const TALLY_RULES: readonly (readonly [string, TallyRule])[] = [...SUBJECT_RULES, [ERROR_BURST, failures]]

export interface SubjectKey {
  session_id: string
  rule: string
  subject: string
}

export interface SubjectTally extends SubjectKey, Tally {}

/** A tally of some events of a subject. */
export interface NewTally extends SubjectTally {
  label: string
}

/** No part contains control characters. */
export const toKey = ({ session_id, rule, subject }: SubjectKey): string => [session_id, rule, subject].join('\n')

/** Tallies events of any sessions, by session, rule and subject. */
export function tallyEvents(events: readonly SessionEvent[]): Map<string, NewTally> {
  const tallies = new Map<string, NewTally>()
  for (const event of events) {
    for (const [rule, { toShare }] of TALLY_RULES) {
      const share = toShare(event)
      if (!share) continue
      const { subject, label = '', matches = true, longest_ms = 0 } = share
      const key = { session_id: event.session_id, rule, subject }
      const tally = tallies.get(toKey(key)) ?? {
        ...key,
        count: 0,
        considered: 0,
        longest_ms: 0,
        first: NO_POSITION,
        label,
      }
      tallies.set(toKey(key), tally)
      tally.considered++
      tally.longest_ms = Math.max(tally.longest_ms, longest_ms)
      if (!matches) continue
      tally.count++
      if (comparePositions(event, tally.first) < 0) tally.first = { at_ms: event.at_ms, event_id: event.event_id }
    }
  }
  return tallies
}
