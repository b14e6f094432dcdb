import { type SecretStorage, window } from 'vscode'

const SECRET = 'achilles.apiKey'

/** The API key that the editor keeps among its secrets. */
export class ApiKey {
  readonly #secrets: SecretStorage
  #known: Promise<string | undefined> | undefined

  constructor(secrets: SecretStorage) {
    this.#secrets = secrets
  }

  /** The key, where one is set. Remembered, since the editor answers nothing any more while it closes. */
  read(): Promise<string | undefined> {
    this.#known ??= this.#readSecret()
    return this.#known
  }

  /** Asks the user for it; an empty answer removes it. */
  async askUser(): Promise<void> {
    const key = await window.showInputBox({
      title: 'Achilles: Set API Key',
      prompt: 'The API key for the gateway. Leave it empty to send none.',
      password: true,
      ignoreFocusOut: true,
    })
    if (key === undefined) return
    await (key.trim() === '' ? this.#secrets.delete(SECRET) : this.#secrets.store(SECRET, key.trim()))
  }

  /** Calls back when it was set or removed, here or in another window. */
  onDidChange(listener: () => void) {
    return this.#secrets.onDidChange(({ key }) => {
      if (key !== SECRET) return
      this.#known = undefined
      listener()
    })
  }

  async #readSecret(): Promise<string | undefined> {
    try {
      return await this.#secrets.get(SECRET)
    } catch (error) {
      this.#known = undefined
      throw error
    }
  }
}
