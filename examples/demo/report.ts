import type { Replayed } from './replay.ts'
import { singleLine } from './single-line.ts'

/** What Core now knows: five counts, a line each, then the insights, a line each. */
export function report({ sessions }: Replayed): string {
  const insights = sessions.flatMap((session) => session.insights)
  const lines = [
    `sessions: ${new Set(sessions.map(({ session_id }) => session_id)).size}`,
    `accepted: ${total(sessions, 'accepted')}`,
    `duplicate: ${total(sessions, 'duplicate')}`,
    `failed: ${total(sessions, 'failed')}`,
    `insights: ${insights.length}`,
    ...insights.map(({ severity, category, title, message, session_id }) =>
      singleLine(`${severity} ${category}: ${title}. ${message} (${session_id})`),
    ),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** What went less well, a line each; often nothing. */
export function complaints({ sessions, failures }: Replayed, undated: number): string {
  const lines = failures.map(
    ({ event, error, code }) => `failed: ${event.event_id}: ${error}${code ? ` (${code})` : ''}`,
  )
  const more = total(sessions, 'failed') - failures.length
  if (more > 0) lines.push(`failed: and ${more} more`)
  if (undated > 0) lines.push(`left out: ${undated} commits without a date that can be read`)
  return lines.map((line) => `${singleLine(line)}\n`).join('')
}

const total = (sessions: Replayed['sessions'], outcome: 'accepted' | 'duplicate' | 'failed') =>
  sessions.reduce((sum, { ledger }) => sum + ledger[outcome], 0)
