import type { NewEvent, Session } from '@achilles/mcp-client'
import { commands, Disposable, type ExtensionContext, env, window, workspace } from 'vscode'
import { openFolderSession } from './folder-session.ts'
import { InsightsView } from './insights-view.ts'
import { recordDiagnostics } from './record-diagnostics.ts'
import { recordFiles } from './record-files.ts'
import { recordTasks } from './record-tasks.ts'
import { askForApiKey, Settings } from './settings.ts'
import { describeSession, showStatus } from './status-item.ts'

/** The editor ends extensions five seconds after it has asked them to. */
const END_MS = 4_000

let end: (() => Promise<void>) | undefined

/** Called by the editor once it has started: records what the user does in the first workspace folder. */
export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel('Achilles', { log: true })
  context.subscriptions.push(
    log,
    commands.registerCommand('achilles.setApiKey', () => askForApiKey(context)),
  )
  const [folder] = workspace.workspaceFolders ?? []
  if (!folder) return

  const settings = new Settings(context, folder)
  const leaving = new Set<Promise<unknown>>()
  let session: Session | undefined
  let recording: Disposable | undefined

  function start(): void {
    if (!env.isTelemetryEnabled || !folder) return
    const opened = openFolderSession(context, folder, settings, log)
    const edited = new Set<string>()
    const record = (event: NewEvent) => {
      try {
        opened.record(event)
      } catch (error) {
        log.warn(String(error))
      }
    }
    session = opened
    recording = Disposable.from(
      recordFiles(folder, record, (path) => edited.add(path)),
      recordDiagnostics(folder, record, (path) => edited.has(path)),
      recordTasks(record),
    )
    insights.watch(opened)
  }

  function stop(): void {
    // Records the edits that are still being collected.
    recording?.dispose()
    const ending = session
      ?.end('completed', { deadlineMs: END_MS })
      .catch((error: unknown) => log.warn(String(error)))
      // The editor closes the log before its extensions.
      .catch(() => {})
    if (ending) leaving.add(ending.finally(() => leaving.delete(ending)))
    session = undefined
  }

  const insights = new InsightsView(() => session)
  start()
  context.subscriptions.push(
    insights,
    showStatus(() => session),
    ...settings.onDidChange({
      onKey: () => session?.retryNow(),
      onSetting(name) {
        if (name === 'gatewayUrl') return session?.retryNow()
        stop()
        start()
      },
    }),
    env.onDidChangeTelemetryEnabled(() => {
      stop()
      start()
    }),
    commands.registerCommand('achilles.refreshInsights', () => insights.refresh()),
    commands.registerCommand('achilles.showLedger', () =>
      window.showInformationMessage('Achilles', { modal: true, detail: describeSession(session).lines.join('\n') }),
    ),
  )

  end = async () => {
    stop()
    await Promise.all(leaving)
  }
}

/** Called by the editor as it closes: ends the session. What Core has not accepted by then is sent by the next window. */
export async function deactivate(): Promise<void> {
  await end?.()
  end = undefined
}
