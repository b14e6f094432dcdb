import type { Replayed } from './replay.ts'
import { singleLine } from './single-line.ts'

/** What Core now knows: five counts, a line each, then the insights, a line each. */
export function report({ tally, sessions }: Replayed): string {
  const insights = sessions.flatMap((session) => session.insights)
  const lines = [
    `sessions: ${new Set(sessions.map(({ session_id }) => session_id)).size}`,
    `accepted: ${tally.accepted}`,
    `duplicate: ${tally.duplicate}`,
    `failed: ${tally.failed}`,
    `insights: ${insights.length}`,
    ...insights.map(({ severity, category, title, message, session_id }) =>
      singleLine(`${severity} ${category}: ${title}. ${message} (${session_id})`),
    ),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** What went less well, a line each; often nothing. */
export function complaints({ failed, failures }: Replayed['tally'], undated: number): string {
  const lines = failures.map(({ event_id, error, code }) => `failed: ${event_id}: ${error}${code ? ` (${code})` : ''}`)
  if (failed > failures.length) lines.push(`failed: and ${failed - failures.length} more`)
  if (undated > 0) lines.push(`left out: ${undated} commits without a date that can be read`)
  return lines.map((line) => `${singleLine(line)}\n`).join('')
}
