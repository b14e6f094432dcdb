import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Holder } from './data-dir-lock.ts'
import type { ToChild, ToParent } from './messages.ts'

const STOP_TIMEOUT_MS = 5_000
const START_TIMEOUT_MS = 300_000

/** Where an embedded Core keeps its data and where its log lines go. */
export interface EmbeddedCoreOptions {
  /** Made if missing; unused with a `databaseUrl`. */
  dataDir: string
  /** A `postgres://` URL; without it a PGlite database in `dataDir`. */
  databaseUrl?: string
  log: (line: string) => void
  /** What others learn who want the data directory too. @default this process */
  holder?: Holder
  /** How long to wait for another process that holds the data directory and goes on, in milliseconds. @default 500 */
  lockWaitMs?: number
  /** How long the start may take, in milliseconds: a child that is silent is then killed. @default 300_000 */
  startTimeoutMs?: number
  /** Node's own arguments for the child. @default those of this process */
  execArgv?: readonly string[]
}

/** A Core that runs in a child process of this one and ends with it. */
export interface EmbeddedCore {
  url: string
  /** The bearer key, new at each start. */
  apiKey: string
  /** Lets who waits for the data directory know that `stop` comes soon. */
  announceStop(): void
  /** Resolves when the child has closed its database and is gone; after five seconds it is killed. */
  stop(): Promise<void>
  /** The exit code of the child, null where a signal ended it. */
  exited: Promise<number | null>
}

/**
 * Starts a whole Core in a child process, on a free port of 127.0.0.1, and resolves when it answers.
 * @throws Error with a sentence for a person: the data directory is in use (`code` is then `DATA_DIR_IN_USE`), the
 * database does not open, …
 */
export async function startEmbeddedCore(options: EmbeddedCoreOptions): Promise<EmbeddedCore> {
  const { dataDir, databaseUrl, log, lockWaitMs, execArgv, startTimeoutMs = START_TIMEOUT_MS } = options
  const holder = options.holder ?? { pid: process.pid, role: 'another process' }
  const child = fork(fileURLToPath(new URL('./child.ts', import.meta.url)), [], {
    // Left to fork where not given: of its own arguments a process passes on all but a script in --eval.
    ...(execArgv && { execArgv: [...execArgv] }),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const exited = new Promise<number | null>((settle) => {
    child.once('exit', settle)
    child.once('error', () => settle(null))
  })
  // A child that hangs would outlive this process, and hold the data directory.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  exited.then(() => process.off('exit', kill))
  for (const stream of [child.stdout, child.stderr]) logLines(stream, log)

  const apiKey = randomBytes(32).toString('base64url')
  const ready = urlOf(child, exited, startTimeoutMs)
  tell(child, { kind: 'start', dataDir: resolve(dataDir), databaseUrl, holder, lockWaitMs, apiKey })
  return {
    url: await ready,
    apiKey,
    exited,
    announceStop: () => tell(child, { kind: 'ending' }),
    async stop() {
      tell(child, { kind: 'stop' })
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      await exited
      clearTimeout(timer)
    },
  }
}

async function urlOf(child: ChildProcess, exited: Promise<number | null>, timeoutMs: number): Promise<string> {
  let reasonOfExit: string | undefined
  const timer = setTimeout(() => {
    reasonOfExit = `it was not ready within ${timeoutMs / 1000} s`
    child.kill('SIGKILL')
  }, timeoutMs)
  const message = await new Promise<ToParent>((settle) => {
    child.once('message', settle)
    child.once('error', (error) => settle({ kind: 'failed', message: error.message }))
    exited.then((code) => {
      settle({
        kind: 'failed',
        message: reasonOfExit ?? `its process ended before it was ready (exit code ${code})`,
      })
    })
  })
  if (message.kind === 'failed') await exited
  clearTimeout(timer)
  if (message.kind === 'ready') return message.url
  const { message: reason, code } = message
  throw Object.assign(new Error(`the embedded Core did not start: ${reason}`), code && { code })
}

function tell(child: ChildProcess, message: ToChild): void {
  // A child that is gone already is noticed by its exit.
  if (child.connected) child.send(message, () => {})
}

function logLines(stream: Readable | null, log: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on('line', log)
}
