import { setTimeout as delay } from 'node:timers/promises'
import { type EmbeddedCore, type EmbeddedCoreOptions, startEmbeddedCore } from './embedded-core.ts'

const FIRST_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 15_000

export interface CoreSupervisorOptions extends EmbeddedCoreOptions {
  /** Called with each Core that is used. */
  onStart: (core: EmbeddedCore) => void
}

/** The address as a client of HTTP needs it. The object stays the same as long as the Core runs. */
export interface LocatedCore {
  baseUrl: string
  apiKey: string
}

/** Keeps an embedded Core running: if it ends, e.g. because it was killed, uses or starts another. */
export class CoreSupervisor {
  readonly #options: CoreSupervisorOptions
  readonly #stopping = new AbortController()
  #located: LocatedCore | Promise<LocatedCore>
  #core: EmbeddedCore | undefined

  constructor(options: CoreSupervisorOptions) {
    this.#options = options
    this.#located = this.#use(startEmbeddedCore(options))
  }

  /** Where the Core is. A promise while one is being started; it rejects if the first start fails. */
  locate(): LocatedCore | Promise<LocatedCore> {
    return this.#located
  }

  /** Ends the use of the Core, as `EmbeddedCore.stop` does. One that is being started ends with this process. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#core?.stop()
  }

  #use(starting: Promise<EmbeddedCore>): Promise<LocatedCore> {
    const located = starting.then((core) => {
      this.#core = core
      this.#options.onStart(core)
      core.ended.then(() => this.#replace())
      this.#located = { baseUrl: core.url, apiKey: core.apiKey }
      return this.#located
    })
    // The error is reported to those that wait for the Core.
    located.catch(() => {})
    return located
  }

  #replace(): void {
    this.#core = undefined
    if (this.#stopping.signal.aborted) return
    this.#options.log('the embedded Core ended unexpectedly: starting another')
    this.#located = this.#use(this.#restart())
  }

  async #restart(): Promise<EmbeddedCore> {
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS)) {
      try {
        return await startEmbeddedCore(this.#options)
      } catch (error) {
        this.#options.log(`${(error as Error).message}; next attempt in ${backoffMs / 1000} s`)
        await delay(backoffMs, undefined, { signal: this.#stopping.signal })
      }
    }
  }
}
