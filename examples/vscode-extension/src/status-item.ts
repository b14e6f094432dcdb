import { type Disposable, StatusBarAlignment, ThemeColor, window } from 'vscode'
import type { Standing } from './standing.ts'
import { statusText } from './status-text.ts'

const REFRESH_MS = 1_000

/** Shows in the status bar how things stand: pending/accepted, or that the gateway is away. */
export function showStatus(standing: () => Standing): Disposable {
  const item = window.createStatusBarItem('achilles.status', StatusBarAlignment.Left)
  item.name = 'Achilles'
  item.command = 'achilles.showLedger'

  function refresh(): void {
    const { text, lines, isWarning } = statusText(standing())
    item.text = text
    item.tooltip = ['Achilles, pending/accepted', ...lines].join('\n')
    item.backgroundColor = isWarning ? new ThemeColor('statusBarItem.warningBackground') : undefined
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
