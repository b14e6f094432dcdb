import type { NewEvent } from '@achilles/mcp-client'
import { DiagnosticSeverity, Disposable, languages, type Uri, type WorkspaceFolder } from 'vscode'
import { getPathInFolder } from './record-files.ts'

/** Errors come and go while the user types; what is still there after this time is recorded. */
const SETTLE_MS = 1_000

/**
 * Records that a file which the user has edited has more errors than before: their number and the tools that found them.
 * Messages are left out, since they quote the file.
 * @param isEdited whether the user has edited a file since the session began
 */
export function recordDiagnostics(
  folder: WorkspaceFolder,
  record: (event: NewEvent) => void,
  isEdited: (file_path: string) => boolean,
): Disposable {
  const errorsByPath = new Map<string, number>()
  const changed = new Map<string, Uri>()
  let timer: NodeJS.Timeout | undefined

  function report(file_path: string, uri: Uri): void {
    const diagnostics = languages.getDiagnostics(uri)
    const withSeverity = (wanted: DiagnosticSeverity) => diagnostics.filter(({ severity }) => severity === wanted)
    const errors = withSeverity(DiagnosticSeverity.Error)
    const before = errorsByPath.get(file_path) ?? 0
    errorsByPath.set(file_path, errors.length)
    if (errors.length <= before || !isEdited(file_path)) return
    const sources = [...new Set(errors.flatMap(({ source = [] }) => source))]
    const payload = { errors: errors.length, warnings: withSeverity(DiagnosticSeverity.Warning).length, sources }
    record({ event_type: 'diagnostic_reported', source_type: 'ide', file_path, payload })
  }

  function reportAll(): void {
    timer = undefined
    for (const [path, uri] of changed) report(path, uri)
    changed.clear()
  }

  return Disposable.from(
    languages.onDidChangeDiagnostics(({ uris }) => {
      for (const uri of uris) {
        const path = getPathInFolder(folder, uri)
        if (path !== undefined) changed.set(path, uri)
      }
      if (changed.size > 0) timer ??= setTimeout(reportAll, SETTLE_MS)
    }),
    { dispose: () => clearTimeout(timer) },
  )
}
