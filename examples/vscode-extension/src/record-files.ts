import type { NewEvent } from '@achilles/mcp-client'
import { Disposable, type TextDocument, type WorkspaceFolder, workspace } from 'vscode'
import { EditBursts, type RecordedFile } from './edit-bursts.ts'
import { linesChanged } from './lines-changed.ts'
import { pathInFolder } from './path-in-folder.ts'

const QUIET_MS = 2_000
const LONGEST_MS = 30_000

/**
 * Records which of the folder’s files are opened, edited, saved and closed; of edits only how many lines they touch. What
 * was open before counts as opened now. Disposing records the edits that were still being gathered.
 */
export function recordFiles(folder: WorkspaceFolder, record: (event: NewEvent) => void): Disposable {
  const bursts = new EditBursts({
    quietMs: QUIET_MS,
    longestMs: LONGEST_MS,
    onBurst: (file, { first, last, ...payload }) =>
      record({
        event_type: 'file_edited',
        source_type: 'ide',
        ...file,
        timestamp: last,
        duration_ms: last.getTime() - first.getTime(),
        payload,
      }),
  })

  function fileOf({ uri, languageId }: TextDocument): RecordedFile | undefined {
    const file_path = pathInFolder(folder.uri, uri)
    return file_path === undefined ? undefined : { file_path, language: languageId }
  }

  const recording = (event_type: 'file_opened' | 'file_saved' | 'file_closed') => (document: TextDocument) => {
    const file = fileOf(document)
    if (!file) return
    bursts.finish(file.file_path)
    record({ event_type, source_type: 'ide', ...file })
  }

  const opened = recording('file_opened')
  for (const document of workspace.textDocuments) opened(document)
  return Disposable.from(
    workspace.onDidOpenTextDocument(opened),
    workspace.onDidSaveTextDocument(recording('file_saved')),
    workspace.onDidCloseTextDocument(recording('file_closed')),
    workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      const file = fileOf(document)
      // Without a change of content it only became dirty, or clean.
      if (file && contentChanges.length > 0) bursts.add(file, linesChanged(contentChanges))
    }),
    { dispose: () => bursts.finishAll() },
  )
}
