import type { SubjectRule } from './insight-rule.ts'

const OPERATIONS: unknown[] = ['revert', 'fixup']
const MIN_EVENTS = 3

export const revertedWork: SubjectRule = {
  isFound: ({ count }) => count >= MIN_EVENTS,
  toShare({ event_type, payload }) {
    return event_type === 'git_operation' && OPERATIONS.includes(payload?.operation) ? { subject: '' } : undefined
  },
  find({ first, count }) {
    return {
      first,
      severity: 'low',
      category: 'quality',
      title: 'Work taken back',
      message: `${count} commits revert or fix up earlier ones.`,
      payload: { operations: count },
    }
  },
}
