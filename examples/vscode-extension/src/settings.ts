import { createHash, randomUUID } from 'node:crypto'
import { type Disposable, type ExtensionContext, type WorkspaceFolder, window, workspace } from 'vscode'

const SECRET = 'achilles.apiKey'
const USER_ID = 'achilles.madeUpUserId'

/** What the user has set, with defaults for what is empty. */
export class Settings {
  readonly #context: ExtensionContext
  readonly #folder: WorkspaceFolder
  #apiKey: Promise<string | undefined> | undefined

  constructor(context: ExtensionContext, folder: WorkspaceFolder) {
    this.#context = context
    this.#folder = folder
  }

  get gatewayUrl(): string {
    return this.#get('gatewayUrl')
  }

  /** By default an id that is made up once per installation and identifies nobody. */
  get userId(): string {
    const { globalState } = this.#context
    const known = this.#get('userId') || globalState.get<string>(USER_ID)
    if (known) return known
    const made = `vscode-${randomUUID()}`
    void globalState.update(USER_ID, made)
    return made
  }

  /** By default derived from the folder's location. */
  get workspaceId(): string {
    const hash = createHash('sha256').update(this.#folder.uri.toString())
    return this.#get('workspaceId') || `vscode-${hash.digest('hex').slice(0, 16)}`
  }

  /** Cached, since secrets cannot be read any more while the editor closes. */
  readApiKey(): Promise<string | undefined> {
    this.#apiKey ??= Promise.resolve(this.#context.secrets.get(SECRET)).catch((error: unknown) => {
      this.#apiKey = undefined
      throw error
    })
    return this.#apiKey
  }

  /** Calls `onKey` when the API key changes, also in another window, and `onSetting` with the name of a changed setting. */
  onDidChange({ onKey, onSetting }: { onKey: () => void; onSetting: (name: string) => void }): Disposable[] {
    return [
      this.#context.secrets.onDidChange(({ key }) => {
        if (key !== SECRET) return
        this.#apiKey = undefined
        onKey()
      }),
      workspace.onDidChangeConfiguration((change) => {
        for (const name of ['gatewayUrl', 'userId', 'workspaceId']) {
          if (change.affectsConfiguration(`achilles.${name}`, this.#folder)) onSetting(name)
        }
      }),
    ]
  }

  #get(name: string): string {
    return workspace.getConfiguration('achilles', this.#folder).get(name, '').trim()
  }
}

/** Asks for the API key and stores it among the editor's secrets; an empty key removes it. */
export async function askForApiKey({ secrets }: ExtensionContext): Promise<void> {
  const key = await window.showInputBox({
    title: 'Achilles: Set API Key',
    prompt: 'The API key for the gateway. Leave it empty to send none.',
    password: true,
    ignoreFocusOut: true,
  })
  if (key === undefined) return
  await (key.trim() === '' ? secrets.delete(SECRET) : secrets.store(SECRET, key.trim()))
}
