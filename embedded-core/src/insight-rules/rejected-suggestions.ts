import type { SessionEvent } from '../store/events.ts'
import type { InsightFinding, InsightRule } from './insight-rule.ts'

const RUN_LENGTH = 5

export const rejectedSuggestions: InsightRule = (events) => {
  const findings: InsightFinding[] = []
  let run: SessionEvent[] = []
  const endRun = () => {
    const finding = toFinding(run)
    if (finding) findings.push(finding)
    run = []
  }
  for (const event of events) {
    if (event.event_type === 'suggestion_rejected') run.push(event)
    else if (event.event_type === 'suggestion_accepted') endRun()
  }
  endRun()
  return findings
}

function toFinding(run: SessionEvent[]): InsightFinding | undefined {
  const first = run[0]
  const completedBy = run[RUN_LENGTH - 1]
  if (!first || !completedBy) return undefined
  const agent_id = run.every((event) => event.agent_id === first.agent_id) ? (first.agent_id ?? null) : null
  return {
    first,
    completedBy,
    severity: 'medium',
    category: 'agent_behavior',
    title: 'Suggestions rejected in a row',
    message: `${run.length} suggestions were rejected in a row.`,
    agent_id,
    payload: { rejected: run.length },
  }
}
