import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const LINES_KEPT = 20

export interface KillableGatewayOptions {
  port: number
  dataDir: string
  /** Additional settings, which override the defaults. */
  settings?: Readonly<Record<string, string>>
  /** Aborts every wait. */
  signal: AbortSignal
  /** Called when the gateway ends without being killed or stopped. */
  onFault: (fault: Error) => void
}

/** A gateway with an embedded Core, started like `npm start`, that can be killed and restarted on the same port. */
export class KillableGateway {
  readonly url: string
  readonly #options: KillableGatewayOptions
  readonly #lines: string[] = []
  #child: ChildProcess | undefined
  #ending = false

  constructor(options: KillableGatewayOptions) {
    this.#options = options
    this.url = `http://127.0.0.1:${options.port}`
  }

  /** Starts it and returns at once; it responds some seconds later. */
  start(): void {
    const { port, dataDir, settings, onFault } = this.#options
    const { PATH = '' } = process.env
    const child = spawn(process.execPath, ['--import', 'tsx', 'server/src/main.ts'], {
      cwd: ROOT,
      env: {
        PATH,
        HOST: '127.0.0.1',
        PORT: String(port),
        ACHILLES_DATA_DIR: dataDir,
        LOG_LEVEL: 'warn',
        // Empty, so that a .env file cannot set another Core.
        ACHILLES_BASE_URL: '',
        EMBEDDED_CORE_DATABASE_URL: '',
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#ending = false
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#keep(line))
    }
    const killAtOnce = () => child.kill('SIGKILL')
    process.once('exit', killAtOnce)
    child.once('close', (code, signal) => {
      process.off('exit', killAtOnce)
      if (!this.#ending) onFault(this.#fault(`the gateway ended on its own (${signal ?? `exit code ${code}`})`))
    })
  }

  /**
   * Kills with SIGKILL and resolves when the gateway has exited.
   * @throws Error if it does not end as expected.
   */
  async kill(): Promise<void> {
    await this.#end(() => this.#running().kill('SIGKILL'), 'SIGKILL')
  }

  /**
   * Stops it gracefully.
   * @throws Error if its exit code is not 0.
   */
  async stop(): Promise<void> {
    await this.#end(() => this.#running().kill('SIGTERM'), 0)
  }

  /** Ends the gateway, whatever its state. */
  async discard(): Promise<void> {
    const child = this.#child
    if (!child || isOver(child)) return
    this.#ending = true
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
  }

  async #end(act: () => void, expected: number | NodeJS.Signals): Promise<void> {
    const closed = once(this.#running(), 'close', { signal: this.#options.signal })
    // Not awaited if the action fails.
    closed.catch(() => {})
    this.#ending = true
    act()
    const [code, signal] = await closed
    if ((signal ?? code) !== expected) throw this.#fault(`the gateway ended with ${signal ?? code}, not ${expected}`)
  }

  #running(): ChildProcess {
    if (!this.#child || isOver(this.#child)) throw this.#fault('the gateway is not running')
    return this.#child
  }

  #keep(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length > LINES_KEPT) this.#lines.shift()
  }

  #fault(message: string): Error {
    return new Error([message, ...this.#lines].join('\n'))
  }
}

const isOver = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null
