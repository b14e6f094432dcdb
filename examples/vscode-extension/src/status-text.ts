import type { Standing } from './standing.ts'

/** What the status bar says. */
export interface StatusText {
  text: string
  /** Everything that is known, a line each. */
  lines: string[]
  isWarning: boolean
}

/** Puts into words how things stand. */
export function statusText({ link, reason, early, earlyDropped, ledger }: Standing): StatusText {
  const pending = early + (ledger?.pending ?? 0)
  const accepted = (ledger?.accepted ?? 0) + (ledger?.duplicate ?? 0)
  const dropped = Object.values(ledger?.dropped ?? {}).reduce((sum, count) => sum + count, earlyDropped)
  const failed = ledger?.failed ?? 0
  const lines = [
    `${link}${reason === undefined ? '' : `: ${reason}`}`,
    `pending: ${pending}`,
    `accepted: ${accepted}`,
    `refused by Core: ${failed}`,
    `given up: ${dropped}`,
    `from an earlier run: ${ledger?.recovered ?? 0}`,
  ]
  const text = link === 'offline' ? `$(warning) Achilles offline, ${pending} waiting` : counted(link, pending, accepted)
  return { text, lines, isWarning: link === 'offline' || failed + dropped > 0 }
}

const counted = (link: Standing['link'], pending: number, accepted: number) =>
  `$(${link === 'opening' ? 'sync~spin' : 'pulse'}) Achilles ${pending}/${accepted}`
