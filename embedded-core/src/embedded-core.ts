import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { DATA_DIR_IN_USE, Holder } from './data-dir-lock.ts'

// Beside this file also in the package, where both are JavaScript.
const CHILD = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? 'child.ts' : 'child.js', import.meta.url))

const STOP_TIMEOUT_MS = 5_000
const START_TIMEOUT_MS = 300_000

export interface EmbeddedCoreOptions {
  /** Created if missing; unused with a `databaseUrl`. */
  dataDir: string
  /** A `postgres://` URL; without it a PGlite database in `dataDir`. */
  databaseUrl?: string
  log: (line: string) => void
  /** Named in the error of another process that needs the data directory. @default this process */
  holder?: Holder
  /** Milliseconds to wait for a running process that holds the data directory. @default 500 */
  lockWaitMs?: number
  /** Milliseconds after which a child that has not reported ready is killed. @default 300_000 */
  startTimeoutMs?: number
  /** Node's own arguments for the child. @default those of this process */
  execArgv?: readonly string[]
}

/** A Core in a child process, which ends when this process ends. */
export interface EmbeddedCore {
  pid: number
  url: string
  /** The bearer key, random at each start. */
  apiKey: string
  /** Reports to processes that wait for the data directory that `stop` follows soon. */
  announceStop(): void
  /** Resolves when the child has closed its database and exited; kills it after five seconds. */
  stop(): Promise<void>
  /** The exit code of the child; null if a signal ended it. */
  exited: Promise<number | null>
}

/** Carries secrets, which must not be on the command line. */
export type ToChild =
  | {
      kind: 'start'
      dataDir: string
      databaseUrl: string | undefined
      holder: Holder
      lockWaitMs: number | undefined
      apiKey: string
    }
  // The gateway is draining: processes that wait for the data directory should wait longer.
  | { kind: 'ending' }
  | { kind: 'stop' }

export type ToParent =
  | { kind: 'ready'; url: string }
  | { kind: 'failed'; message: string; code?: typeof DATA_DIR_IN_USE }

/**
 * Starts a Core in a child process, on a free port of 127.0.0.1, and resolves when it is ready.
 * @throws Error for the user; its `code` is `DATA_DIR_IN_USE` if another process holds the data directory.
 */
export async function startEmbeddedCore(options: EmbeddedCoreOptions): Promise<EmbeddedCore> {
  const { dataDir, databaseUrl, log, lockWaitMs, execArgv, startTimeoutMs = START_TIMEOUT_MS } = options
  const holder = options.holder ?? { pid: process.pid, role: 'another process' }
  const child = fork(CHILD, [], {
    // If not given, fork passes on this process's arguments, except a script in --eval.
    ...(execArgv && { execArgv: [...execArgv] }),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const exited = new Promise<number | null>((settle) => {
    child.once('exit', settle)
    child.once('error', () => settle(null))
  })
  // A child that hangs would outlive this process and keep the data directory locked.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  exited.then(() => process.off('exit', kill))
  for (const stream of [child.stdout, child.stderr]) logLines(stream, log)

  const apiKey = randomBytes(32).toString('base64url')
  const ready = waitForUrl(child, exited, startTimeoutMs)
  send(child, { kind: 'start', dataDir: resolve(dataDir), databaseUrl, holder, lockWaitMs, apiKey })
  return {
    pid: child.pid ?? 0,
    url: await ready,
    apiKey,
    exited,
    announceStop: () => send(child, { kind: 'ending' }),
    async stop() {
      send(child, { kind: 'stop' })
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      await exited
      clearTimeout(timer)
    },
  }
}

async function waitForUrl(child: ChildProcess, exited: Promise<number | null>, timeoutMs: number): Promise<string> {
  let exitReason: string | undefined
  const timer = setTimeout(() => {
    exitReason = `it was not ready within ${timeoutMs / 1000} s`
    child.kill('SIGKILL')
  }, timeoutMs)
  const message = await new Promise<ToParent>((settle) => {
    child.once('message', settle)
    child.once('error', (error) => settle({ kind: 'failed', message: error.message }))
    exited.then((code) => {
      settle({
        kind: 'failed',
        message: exitReason ?? `its process ended before it was ready (exit code ${code})`,
      })
    })
  })
  if (message.kind === 'failed') await exited
  clearTimeout(timer)
  if (message.kind === 'ready') return message.url
  const { message: reason, code } = message
  throw Object.assign(new Error(`the embedded Core did not start: ${reason}`), code && { code })
}

function send(child: ChildProcess, message: ToChild): void {
  // The exit of a child that is already gone is observed through `exited`.
  if (child.connected) child.send(message, () => {})
}

function logLines(stream: Readable | null, log: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on('line', log)
}
