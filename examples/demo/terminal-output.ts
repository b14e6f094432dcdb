import type { Replayed } from './replay.ts'

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

export function complaints({ sessions, failures }: Replayed, undated: number): string {
  const lines = failures.map(({ id, error, code }) => `failed: ${id}: ${error}${code ? ` (${code})` : ''}`)
  const more = total(sessions, 'failed') - failures.length
  if (more > 0) lines.push(`failed: and ${more} more`)
  if (undated > 0) lines.push(`left out: ${undated} commits without a date that can be read`)
  return lines.map((line) => `${singleLine(line)}\n`).join('')
}

const total = (sessions: Replayed['sessions'], outcome: 'accepted' | 'duplicate' | 'failed') =>
  sessions.reduce((sum, { ledger }) => sum + ledger[outcome], 0)

/** Replaces control characters and line breaks, which file names may contain. */
export const singleLine = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd')

interface ProgressBar {
  advance(by: number): void
  end(): void
}

const WIDTH = 30

/** Draws nothing if `screen` is not a terminal. */
export function progressBar(total: number, unit: string, screen: NodeJS.WriteStream): ProgressBar {
  let done = 0
  let drawn = ''
  const draw = () => {
    const filled = total === 0 ? WIDTH : Math.floor((done / total) * WIDTH)
    const percent = total === 0 ? 100 : Math.floor((done / total) * 100)
    const line = `[${'█'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${String(percent).padStart(3)} % of ${total} ${unit}`
    if (!screen.isTTY || line === drawn) return
    screen.write(`\r${line}`)
    drawn = line
  }
  draw()
  return {
    advance(by) {
      done += by
      draw()
    },
    end() {
      if (drawn) screen.write('\r\u001b[K')
    },
  }
}
