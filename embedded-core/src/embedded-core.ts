import { fork } from 'node:child_process'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type CoreAddress, connectToHolder, DATA_DIR_IN_USE, inUse, isDataDirInUse, isEnding } from './data-dir-lock.ts'
import { type FromCore, LEASE, LEAVE } from './leases.ts'

// Beside this file also in the package, where both are JavaScript.
const CHILD = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? 'child.ts' : 'child.js', import.meta.url))

const STOP_TIMEOUT_MS = 5_000
const START_TIMEOUT_MS = 300_000
/** Signals to a gateway's group, such as Ctrl-C, must not end a Core that others use. On Windows it would get a window. */
const IN_A_GROUP_OF_ITS_OWN = { detached: true, windowsHide: true }
/** Each fails only if the Core is killed, or another process starts one at the same moment. */
const MAX_ATTEMPTS = 5

export interface EmbeddedCoreOptions {
  /** Created if missing; unused with a `databaseUrl`. All processes that name it share one Core. */
  dataDir: string
  /** A `postgres://` URL; without it a PGlite database in `dataDir`. The Core is then not shared. */
  databaseUrl?: string | undefined
  log: (line: string) => void
  /** Milliseconds to wait for a running process that holds the data directory. @default 500 */
  lockWaitMs?: number
  /** Milliseconds after which a Core that has not reported ready is given up. @default 300_000 */
  startTimeoutMs?: number
  /** Node's own arguments for the Core's process. @default those of this process */
  execArgv?: readonly string[]
}

/** A Core in a process of its own, which ends after the last process that uses it. */
export interface EmbeddedCore extends CoreAddress {
  pid: number
  /** Whether another process has started it. */
  isJoined: boolean
  /** Resolves when the Core has ended, however it ended. */
  ended: Promise<void>
  /**
   * Ends the use of the Core. Resolves when it has closed its database and exited, or immediately if other processes
   * use it. Kills a Core that does not react within five seconds.
   */
  stop(): Promise<void>
}

/** Sent by IPC, because the URL may contain a password, which must not be on the command line. */
export type ToChild =
  | { kind: 'start'; dataDir: string; databaseUrl: string | undefined; lockWaitMs: number | undefined }
  | { kind: 'leave' }

/**
 * Uses the Core that runs on the data directory, or starts one on a free port of 127.0.0.1; resolves when it is ready.
 * @throws Error for the user; its `code` is `DATA_DIR_IN_USE` if another process holds the data directory.
 */
export async function startEmbeddedCore(options: EmbeddedCoreOptions): Promise<EmbeddedCore> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await joinCore(options)) ?? (await forkCore(options))
    } catch (error) {
      if (attempt < MAX_ATTEMPTS && (await mayRetry(error as Error, options))) continue
      const message = `the embedded Core did not start: ${(error as Error).message}`
      throw Object.assign(new Error(message), isDataDirInUse(error) && { code: DATA_DIR_IN_USE })
    }
  }
}

/** Whether the Core was killed, or another process has started one at the same moment. */
async function mayRetry(error: Error, { dataDir }: EmbeddedCoreOptions): Promise<boolean> {
  if (!isDataDirInUse(error)) return error instanceof CoreKilledError
  const connection = await connectToHolder(dataDir)
  const holder = await connection?.readHolder()
  connection?.socket.destroy()
  return holder === undefined || holder.isShared === true
}

class CoreKilledError extends Error {}

/** Undefined if no Core runs on the data directory, or if it is ending. */
async function joinCore(options: EmbeddedCoreOptions): Promise<EmbeddedCore | undefined> {
  if (options.databaseUrl !== undefined) return undefined
  const dataDir = resolve(options.dataDir)
  const connection = await connectToHolder(dataDir)
  if (!connection) return undefined
  const { socket, ended, readHolder } = connection
  const holder = await readHolder()
  if (!holder?.isShared || isEnding(holder)) {
    socket.destroy()
    if (!holder || isEnding(holder)) return undefined
    throw inUse(dataDir, holder)
  }
  // It emits the errors of its input again.
  const lines = createInterface({ input: socket }).on('error', () => {})
  const channel: Channel = {
    ended,
    onMessage: (listener) => lines.on('line', (line) => listener(JSON.parse(line))),
    leave: () => socket.write(LEAVE),
    close: () => socket.destroy(),
    kill: () => kill(holder.pid),
  }
  logLines(channel, options.log)
  socket.write(LEASE)
  const isReady = await untilReady(channel, options)
  const core = isReady && (await readHolder())?.core
  if (core) return { ...core, ...toUse(channel), pid: holder.pid, isJoined: true }
  // A lease that nobody uses would keep the Core running.
  channel.close()
  return undefined
}

async function forkCore(options: EmbeddedCoreOptions): Promise<EmbeddedCore> {
  const { dataDir, databaseUrl, log, lockWaitMs, execArgv } = options
  const child = fork(CHILD, [], {
    // If not given, fork passes on this process's arguments, except a script in --eval.
    ...(execArgv && { execArgv: [...execArgv] }),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    ...IN_A_GROUP_OF_ITS_OWN,
  })
  const send = (message: ToChild) => {
    // The end of a child that is already gone is observed through `ended`.
    if (child.connected) child.send(message, () => {})
  }
  const channel: Channel = {
    ended: new Promise((settle) => {
      child.once('exit', () => settle())
      child.once('error', () => settle())
    }),
    onMessage: (listener) => child.on('message', listener),
    leave: () => send({ kind: 'leave' }),
    close() {
      if (child.connected) child.disconnect()
      child.stdout?.destroy()
      child.stderr?.destroy()
      child.unref()
    },
    kill: () => child.kill('SIGKILL'),
  }
  logLines(channel, log)
  // What Node writes when it crashes.
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', log)
  }
  // A Core that hangs while it starts would keep the data directory locked.
  process.once('exit', channel.kill)
  send({ kind: 'start', dataDir: resolve(dataDir), databaseUrl, lockWaitMs })
  try {
    const ready = await untilReady(channel, options)
    if (!ready?.core) {
      const { exitCode, signalCode } = child
      const how = exitCode === null ? `by ${signalCode}` : `with exit code ${exitCode}`
      const message = `its process ended before it was ready, ${how}`
      throw exitCode === null ? new CoreKilledError(message) : new Error(message)
    }
    return { ...ready.core, ...toUse(channel), pid: child.pid ?? 0, isJoined: false }
  } finally {
    process.off('exit', channel.kill)
  }
}

/** To the process of a Core. */
interface Channel {
  ended: Promise<void>
  onMessage(listener: (message: FromCore) => void): void
  leave(): void
  /** Then it no longer keeps this process alive. */
  close(): void
  kill(): void
}

/** Undefined if the Core ends first. @throws Error if it reports a failure, or is not ready in time */
async function untilReady(
  channel: Channel,
  { startTimeoutMs = START_TIMEOUT_MS }: EmbeddedCoreOptions,
): Promise<Extract<FromCore, { kind: 'ready' }> | undefined> {
  const signal = AbortSignal.timeout(startTimeoutMs)
  const message = await new Promise<FromCore | undefined>((settle) => {
    channel.onMessage((message) => {
      if (message.kind === 'ready' || message.kind === 'failed') settle(message)
    })
    signal.addEventListener('abort', channel.kill, { once: true })
    channel.ended.then(() => settle(undefined))
  })
  signal.removeEventListener('abort', channel.kill)
  if (message?.kind === 'ready') return message
  await channel.ended
  if (message?.kind === 'failed')
    throw Object.assign(new Error(message.message), message.code && { code: message.code })
  if (signal.aborted) throw new Error(`it was not ready within ${startTimeoutMs / 1000} s`)
  return undefined
}

function toUse(channel: Channel): Pick<EmbeddedCore, 'ended' | 'stop'> {
  return {
    ended: channel.ended,
    async stop() {
      const left = new Promise<void>((settle) => {
        channel.onMessage(({ kind }) => {
          if (kind === 'left') settle()
        })
      })
      channel.leave()
      const timer = setTimeout(channel.kill, STOP_TIMEOUT_MS)
      await Promise.race([channel.ended, left])
      clearTimeout(timer)
      channel.close()
    },
  }
}

function logLines(channel: Channel, log: (line: string) => void): void {
  channel.onMessage((message) => {
    if (message.kind === 'log') log(message.line)
  })
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
