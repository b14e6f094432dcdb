import type { NewEvent } from '@achilles/mcp-client'
import { DiagnosticSeverity, Disposable, languages, type Uri, type WorkspaceFolder } from 'vscode'
import { pathInFolder } from './path-in-folder.ts'

/** Errors come and go with every key typed; what is still there after so long is told. */
const SETTLE_MS = 1_000

/**
 * Records that a file of the folder has more errors than before: how many and found by what. Messages are left out, since
 * they repeat what the file says.
 */
export function recordDiagnostics(folder: WorkspaceFolder, record: (event: NewEvent) => void): Disposable {
  const errorsByPath = new Map<string, number>()
  const changed = new Map<string, Uri>()
  let timer: NodeJS.Timeout | undefined

  function report(file_path: string, uri: Uri): void {
    const diagnostics = languages.getDiagnostics(uri)
    const ofSeverity = (wanted: DiagnosticSeverity) => diagnostics.filter(({ severity }) => severity === wanted)
    const errors = ofSeverity(DiagnosticSeverity.Error)
    const before = errorsByPath.get(file_path) ?? 0
    errorsByPath.set(file_path, errors.length)
    if (errors.length <= before) return
    const sources = [...new Set(errors.flatMap(({ source = [] }) => source))]
    const payload = { errors: errors.length, warnings: ofSeverity(DiagnosticSeverity.Warning).length, sources }
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
        const path = pathInFolder(folder.uri, uri)
        if (path !== undefined) changed.set(path, uri)
      }
      if (changed.size > 0) timer ??= setTimeout(reportAll, SETTLE_MS)
    }),
    { dispose: () => clearTimeout(timer) },
  )
}
