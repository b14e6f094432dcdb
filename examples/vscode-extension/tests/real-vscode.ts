import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { expect, vi } from 'vitest'
import { launchChromium } from '../../../client/tests/browser/browser.ts'
import { freePort } from '../../../server/tests/support/free-port.ts'
import { installVsCode } from './install-vscode.ts'

const EXTENSION = fileURLToPath(new URL('..', import.meta.url))
const USER_SETTINGS = {
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'all',
  'chat.disableAIFeatures': true,
  'explorer.confirmDragAndDrop': false,
  'files.autoSave': 'off',
  'window.confirmBeforeClose': 'never',
}

/** A VS Code server with the extension, and a headless Chromium for its windows. */
export class RealVsCode {
  readonly #home: string
  readonly #url: string
  readonly #process: ChildProcess
  readonly #browser: Browser

  private constructor(home: string, url: string, process: ChildProcess, browser: Browser) {
    this.#home = home
    this.#url = url
    this.#process = process
    this.#browser = browser
  }

  /** Builds the extension, installs VS Code if need be, and starts it. */
  static async start(gatewayUrl: string): Promise<RealVsCode> {
    const { node, script } = await installVsCode()
    const home = mkdtempSync(join(tmpdir(), 'achilles-vscode-'))
    const data = join(home, 'data')
    const { version } = JSON.parse(readFileSync(join(EXTENSION, 'package.json'), 'utf8')) as { version: string }
    const extension = join(home, `extensions/achilles.achilles-vscode-example-${version}`)
    for (const folder of ['Machine', 'User']) mkdirSync(join(data, folder), { recursive: true })
    // In a remote window settings of scope `machine` are read from here.
    writeJson(join(data, 'Machine/settings.json'), { 'achilles.gatewayUrl': gatewayUrl })
    writeJson(join(data, 'User/settings.json'), USER_SETTINGS)
    const bundle = join(extension, 'dist/extension.cjs')
    execFileSync('npm', ['run', 'build', '--', `--outfile=${bundle}`], { cwd: EXTENSION, stdio: 'ignore' })
    cpSync(join(EXTENSION, 'package.json'), join(extension, 'package.json'))

    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const args = ['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--user-data-dir', data]
    const flags = ['--disable-update-check', '--disable-workspace-trust', '--disable-getting-started-override']
    const server = spawn(node, [script, ...args, '--extensions-dir', join(home, 'extensions'), ...flags], {
      env: { PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: join(home, '.config') },
      stdio: 'ignore',
      // A group of its own, to end it with its extension hosts.
      detached: true,
    })
    process.once('exit', () => killGroup(server))
    await vi.waitFor(() => fetch(`${url}/healthz`), { timeout: 60_000 })
    return new RealVsCode(home, url, server, await launchChromium())
  }

  /** Creates a folder with files and the id of its workspace among its settings. */
  createFolder(workspaceId: string, files: Record<string, unknown>): string {
    const folder = join(this.#home, workspaceId)
    mkdirSync(join(folder, '.vscode'), { recursive: true })
    writeJson(join(folder, '.vscode/settings.json'), { 'achilles.workspaceId': workspaceId })
    for (const [name, content] of Object.entries(files)) writeJson(join(folder, name), content)
    return folder
  }

  /** Changes a setting of the user, in the editor: VS Code does not watch the file. */
  async setUserSetting(window: VsCodeWindow, name: string, value: unknown): Promise<void> {
    const text = JSON.stringify({ ...USER_SETTINGS, [name]: value })
    await window.runCommand('Preferences: Open User Settings (JSON)')
    await window.replaceText('telemetry', text)
    await window.save()
    await expect.poll(() => readFileSync(join(this.#home, 'data/User/settings.json'), 'utf8')).toBe(text)
    await window.closeModalEditor()
  }

  /** Opens a window of the folder and waits until the extension runs. */
  async open(folder: string, context?: BrowserContext): Promise<VsCodeWindow> {
    const page = await (context ?? this.#browser).newPage({ viewport: { width: 1400, height: 860 } } as never)
    const window = new VsCodeWindow(page)
    await page.goto(`${this.#url}/?folder=${folder}`)
    await window.untilStatus(/recorded/)
    return window
  }

  newContext(): Promise<BrowserContext> {
    return this.#browser.newContext({ viewport: { width: 1400, height: 860 } })
  }

  /** Kills the processes that run extensions, as a crash would. Returns their number. */
  killExtensionHosts(): number {
    const hosts = readdirSync('/proc').filter((pid) => {
      if (!/^\d+$/.test(pid)) return false
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        if (!command.includes('--type=extensionHost')) return false
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`HOME=${this.#home}`)
      } catch {
        return false
      }
    })
    for (const pid of hosts) process.kill(Number(pid), 'SIGKILL')
    return hosts.length
  }

  /** The lines of all extension hosts' logs that are errors and name the extension. */
  errorsOfExtension(): string[] {
    const logs = join(this.#home, 'data/logs')
    if (!existsSync(logs)) return []
    return readdirSync(logs, { recursive: true, encoding: 'utf8' })
      .filter((path) => /exthost\d*\/.*\.log$/.test(path) || /remoteexthost\.log$/.test(path))
      .flatMap((path) => readFileSync(join(logs, path), 'utf8').split('\n'))
      .filter((line) => / \[error\] /.test(line) && /achilles/i.test(line))
  }

  async stop(): Promise<void> {
    await this.#browser.close()
    killGroup(this.#process)
    await rm(this.#home, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** A window of VS Code, used as a person would: by keyboard and mouse. */
export class VsCodeWindow {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
    page.on('dialog', (dialog) => dialog.accept())
  }

  get #status(): Locator {
    return this.page.locator('[id*="achilles.status"]').first()
  }

  /** Waits until the extension's status matches, e.g. `4 recorded, 0 waiting`. */
  async untilStatus(wanted: RegExp): Promise<string> {
    const read = () => this.#status.innerText({ timeout: 1_000 }).catch(() => '')
    await expect.poll(read).toMatch(wanted)
    return read()
  }

  get #quickInput(): Locator {
    return this.page.locator('.quick-input-widget input').first()
  }

  /** Opens the quick input with a key, again if it closes at once: VS Code hides it when another part takes the focus. */
  async #fillQuickInput(key: string, text: string): Promise<void> {
    const fill = async () => {
      if (!(await this.#quickInput.isVisible())) await this.page.keyboard.press(key)
      await this.#quickInput.fill(text, { timeout: 3_000 })
    }
    await vi.waitFor(fill, { timeout: 120_000, interval: 200 })
  }

  async openFile(name: string): Promise<void> {
    await this.#fillQuickInput('Control+p', name)
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().click()
    await this.page.locator('.monaco-editor .view-line').first().click()
  }

  /** Types at the end of the file. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.press('Control+End')
    await this.page.keyboard.type(text)
  }

  /** Replaces the text of the file that has this line. */
  async replaceText(line: string, text: string): Promise<void> {
    await this.page.locator('.monaco-editor .view-line', { hasText: line }).first().click()
    await this.page.keyboard.press('Control+a')
    await this.page.keyboard.insertText(text)
    // Brackets and quotes that the editor has closed.
    await this.page.keyboard.press('Control+Shift+End')
    await this.page.keyboard.press('Delete')
  }

  /** Waits until the editor shows a line. */
  async untilShown(line: string): Promise<void> {
    await this.page.locator('.monaco-editor .view-line', { hasText: line }).first().waitFor()
  }

  async expandView(title: string): Promise<void> {
    const header = this.page.locator('.pane-header', { hasText: title })
    await header.click()
    await expect.poll(() => header.getAttribute('aria-expanded')).toBe('true')
  }

  /** Waits until a view of an extension has an item with this text. */
  async untilListed(text: string): Promise<void> {
    await this.page.locator('.tree-explorer-viewlet-tree-view .monaco-list-row', { hasText: text }).waitFor()
  }

  save(): Promise<void> {
    return this.page.keyboard.press('Control+s')
  }

  async runCommand(title: string): Promise<void> {
    await this.#fillQuickInput('F1', `>${title}`)
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().click()
  }

  /** Closes the editor of the settings. It asks whether to save until VS Code has noticed that the file is saved. */
  async closeModalEditor(): Promise<void> {
    const save = this.page.getByRole('button', { name: 'Save', exact: true })
    const close = async () => {
      if (await save.isVisible()) await save.click()
      else await this.page.keyboard.press('Escape')
      await this.page.locator('.monaco-modal-editor-block').waitFor({ state: 'hidden', timeout: 2_000 })
    }
    await vi.waitFor(close, { timeout: 120_000, interval: 200 })
  }

  /** Answers the input box that a command has opened. */
  async enter(text: string): Promise<void> {
    await this.#quickInput.fill(text)
    await this.#quickInput.press('Enter')
  }

  async rename(name: string, renamed: string): Promise<void> {
    await this.page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first().click()
    await this.page.keyboard.press('F2')
    const input = this.page.locator('.explorer-item-edited input').first()
    await input.fill(renamed)
    await input.press('Enter')
    await this.page.locator('.explorer-folders-view .monaco-list-row', { hasText: renamed }).waitFor()
  }

  async reload(): Promise<void> {
    await this.page.reload()
    await this.untilStatus(/recorded/)
  }

  /** As the browser closes a tab. */
  async close(): Promise<void> {
    const closed = this.page.waitForEvent('close')
    await this.page.close({ runBeforeUnload: true })
    await closed
  }
}

const writeJson = (path: string, value: unknown) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
