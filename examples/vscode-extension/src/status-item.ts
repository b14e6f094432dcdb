import type { Counts, Session } from '@achilles/mcp-client'
import { commands, type Disposable, StatusBarAlignment, ThemeColor, window } from 'vscode'

const REFRESH_MS = 1_000

/** Shows in the status bar how many events were recorded and wait. Also sets the context key `achilles.connection`. */
export function showStatus(getSession: () => Session | undefined): Disposable {
  const item = window.createStatusBarItem('achilles.status', StatusBarAlignment.Left)
  item.name = 'Achilles'
  item.command = 'achilles.showLedger'
  let connection: string | undefined

  function refresh(): void {
    const { text, lines, isWarning } = describeSession(getSession())
    item.text = text
    item.tooltip = lines.join('\n')
    item.backgroundColor = isWarning ? new ThemeColor('statusBarItem.warningBackground') : undefined
    const current = getSession()?.state.connection ?? 'off'
    if (current !== connection) void commands.executeCommand('setContext', 'achilles.connection', current)
    connection = current
  }

  refresh()
  item.show()
  const timer = setInterval(refresh, REFRESH_MS)
  return {
    dispose() {
      clearInterval(timer)
      item.dispose()
    },
  }
}

interface StatusText {
  text: string
  lines: string[]
  isWarning: boolean
}

/** Undefined: nothing is recorded, because telemetry is disabled. */
export function describeSession(session: Session | undefined): StatusText {
  if (!session) {
    return {
      text: '$(circle-slash) Achilles: off',
      lines: ['Telemetry is disabled: nothing is recorded.'],
      isWarning: false,
    }
  }
  const { connection, reason, nextAttemptAt } = session.state
  const ledger = session.ledger()
  const kinds: Counts[] = [ledger, ledger.opening, ledger.snapshots, ledger.performance, ledger.end]
  const waiting = kinds.reduce((sum, { pending }) => sum + pending, 0)
  const dropped = Object.values(ledger.dropped).reduce((sum, count) => sum + count, 0)
  const isOffline = connection === 'offline'
  const icon = isOffline ? 'warning' : connection === 'connecting' ? 'sync~spin' : 'pulse'
  return {
    text: `$(${icon}) Achilles: ${isOffline ? 'offline, ' : ''}${ledger.recorded} recorded, ${waiting} waiting`,
    lines: [
      `${connection}${reason ? `: ${reason}` : ''}${nextAttemptAt ? `; next attempt at ${nextAttemptAt.toLocaleTimeString()}` : ''}`,
      `recorded: ${ledger.recorded}, from earlier runs: ${ledger.recovered}`,
      `accepted by Core: ${ledger.accepted + ledger.duplicate}`,
      `rejected by Core: ${ledger.failed}`,
      `dropped: ${dropped}`,
      `waiting: ${waiting}`,
    ],
    isWarning: isOffline || ledger.failed + dropped > 0,
  }
}
