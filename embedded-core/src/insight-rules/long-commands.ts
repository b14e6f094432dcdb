import type { InsightRule } from './insight-rule.ts'

const TYPES = ['command_executed', 'test_run', 'build_run']
const LONG_MS = 60_000
const MIN_COMMANDS = 3

export const longCommands: InsightRule = (events) => {
  const long = events.filter(
    ({ event_type, duration_ms }) => TYPES.includes(event_type) && duration_ms !== undefined && duration_ms >= LONG_MS,
  )
  const first = long[0]
  const completedBy = long[MIN_COMMANDS - 1]
  if (!first || !completedBy) return []
  const longestMs = long.reduce((longest, { duration_ms = 0 }) => Math.max(longest, duration_ms), 0)
  return [
    {
      first,
      completedBy,
      severity: 'low',
      category: 'performance',
      title: 'Long commands',
      message: `${long.length} commands took a minute or more, the longest ${Math.round(longestMs / 1000)} s.`,
      payload: { commands: long.length, longest_ms: longestMs },
    },
  ]
}
