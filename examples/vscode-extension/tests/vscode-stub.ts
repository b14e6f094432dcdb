/**
 * The part of the `vscode` module that the extension uses, in memory: what an extension registers is kept, what it sets
 * can be read, and `editor` does what a person in front of the editor would do.
 */

type Listener<Event> = (event: Event) => unknown

export class Disposable {
  #call: (() => void) | undefined

  constructor(call: () => void) {
    this.#call = call
  }

  static from(...disposables: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const disposable of disposables) disposable.dispose()
    })
  }

  dispose(): void {
    this.#call?.()
    this.#call = undefined
  }
}

export class EventEmitter<Event> {
  readonly #listeners = new Set<Listener<Event>>()
  readonly event = (listener: Listener<Event>): Disposable => {
    this.#listeners.add(listener)
    return new Disposable(() => this.#listeners.delete(listener))
  }

  fire(event: Event): void {
    for (const listener of this.#listeners) listener(event)
  }

  dispose(): void {
    this.#listeners.clear()
  }
}

export class Uri {
  readonly scheme: string
  readonly path: string

  constructor(scheme: string, path: string) {
    this.scheme = scheme
    this.path = path
  }

  static file(path: string): Uri {
    return new Uri('file', path)
  }

  get fsPath(): string {
    return this.path
  }

  toString(): string {
    return `${this.scheme}://${this.path}`
  }
}

export class ThemeColor {
  readonly id: string
  constructor(id: string) {
    this.id = id
  }
}

export class ThemeIcon {
  readonly id: string
  readonly color: ThemeColor | undefined
  constructor(id: string, color?: ThemeColor) {
    this.id = id
    this.color = color
  }
}

export class TreeItem {
  readonly label: string
  constructor(label: string) {
    this.label = label
  }
}

export class TaskGroup {
  static readonly Build = new TaskGroup('build')
  static readonly Rebuild = new TaskGroup('rebuild')
  static readonly Test = new TaskGroup('test')
  readonly id: string
  constructor(id: string) {
    this.id = id
  }
}

export const DiagnosticSeverity = { Error: 0, Warning: 1, Information: 2, Hint: 3 } as const
export const StatusBarAlignment = { Left: 1, Right: 2 } as const
export const version = '1.100.0'

export interface Document {
  uri: Uri
  languageId: string
  text: string
}

interface Change {
  document: Document
  contentChanges: { range: { start: { line: number }; end: { line: number } }; text: string }[]
}

export interface Diagnostic {
  severity: number
  message: string
  source?: string
}

const opened = new EventEmitter<Document>()
const changed = new EventEmitter<Change>()
const saved = new EventEmitter<Document>()
const closed = new EventEmitter<Document>()
const configured = new EventEmitter<{ affectsConfiguration(section: string): boolean }>()
const diagnosed = new EventEmitter<{ uris: Uri[] }>()
const taskStarted = new EventEmitter<{ execution: object }>()
const taskEnded = new EventEmitter<{ execution: object; exitCode: number | undefined }>()
const settings = new Map<string, string>()
const diagnostics = new Map<string, Diagnostic[]>()
const registered = new Map<string, () => unknown>()

export const workspace = {
  workspaceFolders: undefined as { uri: Uri; name: string; index: number }[] | undefined,
  textDocuments: [] as Document[],
  getConfiguration: (section: string) => ({
    get: (name: string, otherwise: string) => settings.get(`${section}.${name}`) ?? otherwise,
  }),
  onDidOpenTextDocument: opened.event,
  onDidChangeTextDocument: changed.event,
  onDidSaveTextDocument: saved.event,
  onDidCloseTextDocument: closed.event,
  onDidChangeConfiguration: configured.event,
}

export const languages = {
  getDiagnostics: (uri: Uri) => diagnostics.get(uri.toString()) ?? [],
  onDidChangeDiagnostics: diagnosed.event,
}

export const tasks = { onDidStartTaskProcess: taskStarted.event, onDidEndTaskProcess: taskEnded.event }

export const commands = {
  registerCommand(id: string, run: () => unknown): Disposable {
    if (registered.has(id)) throw new Error(`command '${id}' already exists`)
    registered.set(id, run)
    return new Disposable(() => registered.delete(id))
  },
}

interface TreeProvider {
  getChildren(): object[]
  getTreeItem(element: object): TreeItem & { description?: string; iconPath?: ThemeIcon }
}

const noStatusItem = { text: '', tooltip: '', backgroundColor: undefined as ThemeColor | undefined, shown: false }
const noView = { provider: undefined as TreeProvider | undefined, message: '' }

export const window = {
  createOutputChannel: () => {
    let isDisposed = false
    const write = (level: string) => (line: unknown) => {
      // As in the editor, which may close the channel before the extension that writes to it has ended.
      if (isDisposed || editor.isClosing) throw new Error('Channel has been closed')
      editor.log.push(`${level}: ${line}`)
    }
    const dispose = () => {
      isDisposed = true
    }
    return { info: write('info'), warn: write('warn'), error: write('error'), dispose }
  },
  createStatusBarItem: () =>
    Object.assign(editor.statusItem, {
      show: () => {
        editor.statusItem.shown = true
      },
      dispose: () => {
        editor.statusItem.shown = false
      },
    }),
  createTreeView: (_id: string, { treeDataProvider }: { treeDataProvider: TreeProvider }) => {
    editor.view.provider = treeDataProvider
    return Object.assign(editor.view, { dispose: () => {} })
  },
  showInputBox: async () => editor.nextInput,
  showInformationMessage: async (message: string, { detail }: { detail: string }) => {
    editor.messages.push(`${message}\n${detail}`)
  },
}

class SecretStorage {
  readonly #secrets = new Map<string, string>()
  readonly #changed = new EventEmitter<{ key: string }>()
  readonly onDidChange = this.#changed.event
  asked = 0

  async get(key: string): Promise<string | undefined> {
    this.asked++
    // As in the editor, which hangs up on extensions before it deactivates them.
    if (editor.isClosing) throw new Error('Canceled')
    return this.#secrets.get(key)
  }

  async store(key: string, value: string): Promise<void> {
    this.#secrets.set(key, value)
    this.#changed.fire({ key })
  }

  async delete(key: string): Promise<void> {
    this.#secrets.delete(key)
    this.#changed.fire({ key })
  }
}

class Memento {
  readonly #values = new Map<string, unknown>()

  get(key: string): unknown {
    return this.#values.get(key)
  }

  async update(key: string, value: unknown): Promise<void> {
    this.#values.set(key, value)
  }
}

/** The person, and what that person sees. */
export const editor = {
  log: [] as string[],
  messages: [] as string[],
  nextInput: undefined as string | undefined,
  statusItem: { ...noStatusItem },
  view: { ...noView },
  isClosing: false,

  /** Starts afresh in a folder, or without one; what an extension gets to be activated with. */
  start(storage: string, folder?: string) {
    settings.clear()
    diagnostics.clear()
    registered.clear()
    workspace.textDocuments = []
    workspace.workspaceFolders = folder === undefined ? undefined : [{ uri: Uri.file(folder), name: 'f', index: 0 }]
    Object.assign(editor, { log: [], messages: [], nextInput: undefined, isClosing: false })
    Object.assign(editor, { statusItem: { ...noStatusItem }, view: { ...noView } })
    return {
      subscriptions: [] as { dispose(): unknown }[],
      secrets: new SecretStorage(),
      globalState: new Memento(),
      storageUri: folder === undefined ? undefined : Uri.file(`${storage}/workspace`),
      globalStorageUri: Uri.file(`${storage}/global`),
      extension: { id: 'achilles.achilles-vscode-example', packageJSON: { version: '0.1.0' } },
    }
  },

  configure(name: string, value: string): void {
    settings.set(name, value)
    configured.fire({ affectsConfiguration: (section) => name.startsWith(`${section}.`) })
  },

  open(path: string, languageId: string, text = ''): Document {
    const document = { uri: path.includes(':') ? new Uri('untitled', path) : Uri.file(path), languageId, text }
    workspace.textDocuments.push(document)
    opened.fire(document)
    return document
  },

  /** Puts `text` where the lines from `startLine` to `endLine` begin. */
  type(document: Document, text: string, startLine = 0, endLine = startLine): void {
    document.text += text
    changed.fire({
      document,
      contentChanges: [{ range: { start: { line: startLine }, end: { line: endLine } }, text }],
    })
  },

  save(document: Document): void {
    changed.fire({ document, contentChanges: [] })
    saved.fire(document)
  },

  close(document: Document): void {
    workspace.textDocuments = workspace.textDocuments.filter((other) => other !== document)
    closed.fire(document)
  },

  diagnose({ uri }: Document, found: Diagnostic[]): void {
    diagnostics.set(uri.toString(), found)
    diagnosed.fire({ uris: [uri] })
  },

  runTask(group: TaskGroup | undefined, exitCode: number | undefined): void {
    const execution = { task: { name: 'secret-task --token=1', group } }
    taskStarted.fire({ execution })
    taskEnded.fire({ execution, exitCode })
  },

  run: async (command: string) => registered.get(command)?.(),
  commandIds: () => [...registered.keys()],
  insights: () =>
    (editor.view.provider?.getChildren() ?? []).map((insight) => editor.view.provider?.getTreeItem(insight)),
}
