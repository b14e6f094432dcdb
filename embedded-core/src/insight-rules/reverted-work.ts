import type { InsightRule } from './insight-rule.ts'

const OPERATIONS: unknown[] = ['revert', 'fixup']
const MIN_OPERATIONS = 3

export const revertedWork: InsightRule = (events) => {
  const reverts = events.filter(
    ({ event_type, payload }) => event_type === 'git_operation' && OPERATIONS.includes(payload?.operation),
  )
  const first = reverts[0]
  const completedBy = reverts[MIN_OPERATIONS - 1]
  if (!first || !completedBy) return []
  return [
    {
      first,
      completedBy,
      severity: 'low',
      category: 'quality',
      title: 'Work taken back',
      message: `${reverts.length} commits revert or fix up earlier ones.`,
      payload: { operations: reverts.length },
    },
  ]
}
