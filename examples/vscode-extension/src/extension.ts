import { commands, Disposable, type ExtensionContext, window, workspace } from 'vscode'
import { ApiKey } from './api-key.ts'
import { InsightsView } from './insights-view.ts'
import { openFolderSession } from './open-folder-session.ts'
import { recordDiagnostics } from './record-diagnostics.ts'
import { recordFiles } from './record-files.ts'
import { recordTasks } from './record-tasks.ts'
import { SessionKeeper } from './session-keeper.ts'
import { showStatus } from './status-item.ts'
import { statusText } from './status-text.ts'

/** Past it the oldest of what happens before the session is open is given up. */
const MAX_EARLY = 10_000

/** The editor ends extensions five seconds after it told them. */
const END_MS = 4_000

let end: (() => Promise<void>) | undefined

/** Called by the editor once it has started: records what happens in the first workspace folder. */
export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel('Achilles', { log: true })
  const apiKey = new ApiKey(context.secrets)
  context.subscriptions.push(
    log,
    commands.registerCommand('achilles.setApiKey', () => apiKey.askUser()),
  )
  const [folder] = workspace.workspaceFolders ?? []
  if (!folder) return

  const keeper = new SessionKeeper({
    open: (opening) => openFolderSession({ context, folder, apiKey, log }, opening),
    maxEarly: MAX_EARLY,
    onOpen({ opened: { session_id, workspace_id } }) {
      log.info(`session ${session_id} of workspace ${workspace_id} is open`)
      void insights.refresh()
    },
    onError(error) {
      const { early } = keeper.standing()
      const waiting = early > 0 ? `; ${early} events wait in memory for a session` : ''
      log.warn(`${error instanceof Error ? error.message : error}${waiting}`)
    },
  })
  const insights = new InsightsView(() => keeper.insights())
  const recording = Disposable.from(
    recordFiles(folder, (event) => keeper.record(event)),
    recordDiagnostics(folder, (event) => keeper.record(event)),
    recordTasks((event) => keeper.record(event)),
  )
  context.subscriptions.push(
    recording,
    insights,
    showStatus(() => keeper.standing()),
    apiKey.onDidChange(() => keeper.retry()),
    workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('achilles', folder)) keeper.open()
    }),
    commands.registerCommand('achilles.refreshInsights', () => insights.refresh()),
    commands.registerCommand('achilles.showLedger', () =>
      window.showInformationMessage('Achilles', {
        modal: true,
        detail: statusText(keeper.standing()).lines.join('\n'),
      }),
    ),
  )
  keeper.open()

  end = async () => {
    // Edits still being gathered belong to the session.
    recording.dispose()
    await keeper.end(END_MS)
  }
}

/** Called by the editor as it closes: ends the session. What Core has not answered for is sent by the next one. */
export async function deactivate(): Promise<void> {
  await end?.()
  end = undefined
}
