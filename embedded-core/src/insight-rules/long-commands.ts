import type { SubjectRule } from './insight-rule.ts'

const TYPES = ['command_executed', 'test_run', 'build_run']
const LONG_MS = 60_000
const MIN_EVENTS = 3

export const longCommands: SubjectRule = {
  isFound: ({ count }) => count >= MIN_EVENTS,
  toShare({ event_type, duration_ms }) {
    const isLong = TYPES.includes(event_type) && duration_ms !== undefined && duration_ms >= LONG_MS
    return isLong ? { subject: '', longest_ms: duration_ms } : undefined
  },
  find({ first, count, longest_ms }) {
    return {
      first,
      severity: 'low',
      category: 'performance',
      title: 'Long commands',
      message: `${count} commands took a minute or more, the longest ${Math.round(longest_ms / 1000)} s.`,
      payload: { commands: count, longest_ms },
    }
  },
}
