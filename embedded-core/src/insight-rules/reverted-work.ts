import type { SubjectRule } from './insight-rule.ts'

const OPERATIONS: unknown[] = ['revert', 'fixup']

export const revertedWork: SubjectRule = {
  minimum: 3,
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
