import { posix } from 'node:path'
import type { NewEvent } from '@achilles/mcp-client'
import {
  Disposable,
  type Tab,
  TabInputText,
  type TextDocument,
  type TextDocumentContentChangeEvent,
  type Uri,
  type WorkspaceFolder,
  window,
  workspace,
} from 'vscode'

/** Which file an event is about. */
interface RecordedFile {
  file_path: string
  language?: string
}

/** An edit event is recorded after this time without a further edit of the file, at the latest after the second. */
const QUIET_MS = 2_000
const LONGEST_MS = 30_000

/** The path within the folder; undefined for files elsewhere, not on disk, or in `.git`. */
export function getPathInFolder(folder: WorkspaceFolder, { scheme, path }: Uri): string | undefined {
  if (scheme !== 'file') return undefined
  const relative = posix.relative(folder.uri.path, path)
  const [first] = relative.split('/')
  return relative === '' || first === '..' || first === '.git' ? undefined : relative
}

/**
 * Records which files of the folder the user has open, edits and saves; of edits only the number of lines. Documents that
 * are open without a tab are other extensions'.
 * @param onEdit called with each file that the user edits
 */
export function recordFiles(
  folder: WorkspaceFolder,
  record: (event: NewEvent) => void,
  onEdit: (file_path: string) => void,
): Disposable {
  const edits = new Edits((file, { first, last, ...payload }) =>
    record({
      event_type: 'file_edited',
      source_type: 'ide',
      ...file,
      timestamp: last,
      duration_ms: last.getTime() - first.getTime(),
      payload,
    }),
  )
  // The editor reports a document's first change before it reports, without changes, that the document is dirty. A change
  // that leaves it clean comes from disk.
  const cleanChanges = new WeakMap<TextDocument, readonly TextDocumentContentChangeEvent[]>()
  const recordFile = (event_type: 'file_opened' | 'file_saved' | 'file_closed', uri: Uri) => {
    const file_path = getPathInFolder(folder, uri)
    if (file_path === undefined) return
    edits.finish(file_path)
    const language = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString())?.languageId
    record({ event_type, source_type: 'ide', file_path, ...(language && { language }) })
  }
  const recordTabs = (event_type: 'file_opened' | 'file_closed', tabs: readonly Tab[]) => {
    for (const { input } of tabs) if (input instanceof TabInputText) recordFile(event_type, input.uri)
  }

  recordTabs(
    'file_opened',
    window.tabGroups.all.flatMap(({ tabs }) => tabs),
  )
  return Disposable.from(
    window.tabGroups.onDidChangeTabs(({ opened, closed }) => {
      recordTabs('file_closed', closed)
      recordTabs('file_opened', opened)
    }),
    workspace.onDidSaveTextDocument(({ uri }) => recordFile('file_saved', uri)),
    workspace.onDidChangeTextDocument(({ document, contentChanges, reason }) => {
      const file_path = getPathInFolder(folder, document.uri)
      if (file_path === undefined) return
      const undecided = cleanChanges.get(document)
      cleanChanges.delete(document)
      if (!document.isDirty && reason === undefined) {
        if (contentChanges.length > 0) cleanChanges.set(document, contentChanges)
        return
      }
      onEdit(file_path)
      for (const changes of [undecided ?? [], contentChanges]) {
        if (changes.length > 0) edits.add({ file_path, language: document.languageId }, changes)
      }
    }),
    { dispose: () => edits.finishAll() },
  )
}

interface EditBurst {
  edits: number
  lines_added: number
  lines_removed: number
  first: Date
  last: Date
}

/** Collects edits by file, so that a burst of typing is one event. */
class Edits {
  readonly #onBurst: (file: RecordedFile, burst: EditBurst) => void
  readonly #open = new Map<string, { file: RecordedFile; burst: EditBurst; timer: NodeJS.Timeout }>()

  constructor(onBurst: (file: RecordedFile, burst: EditBurst) => void) {
    this.#onBurst = onBurst
  }

  add(file: RecordedFile, changes: readonly TextDocumentContentChangeEvent[]): void {
    const now = new Date()
    const known = this.#open.get(file.file_path)
    clearTimeout(known?.timer)
    const burst = known?.burst ?? { edits: 0, lines_added: 0, lines_removed: 0, first: now, last: now }
    burst.edits++
    burst.last = now
    for (const { range, text } of changes) {
      burst.lines_added += text.split('\n').length - 1
      burst.lines_removed += range.end.line - range.start.line
    }
    const left = burst.first.getTime() + LONGEST_MS - now.getTime()
    const timer = setTimeout(() => this.finish(file.file_path), Math.min(QUIET_MS, left))
    this.#open.set(file.file_path, { file, burst, timer })
  }

  finish(file_path: string): void {
    const known = this.#open.get(file_path)
    if (!known) return
    clearTimeout(known.timer)
    this.#open.delete(file_path)
    this.#onBurst(known.file, known.burst)
  }

  finishAll(): void {
    for (const file_path of [...this.#open.keys()]) this.finish(file_path)
  }
}
