import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export interface Command {
  file: string
  args: string[]
  /** The complete environment beside `PATH`: the bench's own is not inherited. */
  env: Record<string, string>
  /** @default that of the bench */
  cwd?: string
}

/** Runs a TypeScript file like the project's own: through tsx, with `NODE_ENV=production`. */
export function nodeCommand(script: URL, env: Record<string, string>): Command {
  return {
    file: process.execPath,
    args: ['--import', import.meta.resolve('tsx'), fileURLToPath(script)],
    env: { NODE_ENV: 'production', ...env },
    // A directory without a .env file.
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  }
}

const START_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 5_000

interface ServerOptions {
  command: Command
  /** The CPU to pin it to. @default not pinned */
  cpu?: number | undefined
  logFile: string
  /** Polled until it returns true; a rejection counts as false. */
  isReady: () => Promise<boolean>
}

/** A server in a child process, which ends with this one. */
export interface Server {
  pid: number
  pinnedTo: number | undefined
  /** Resolves when it has exited; kills it after five seconds. */
  stop(): Promise<void>
}

/** Resolves once the server is ready. @throws Error with the end of its log if that takes over 30 seconds. */
export async function startServer({ command, cpu, logFile, isReady }: ServerOptions): Promise<Server> {
  const pinnedCommand = pinCommand(command, cpu)
  const { file, args, env, cwd } = pinnedCommand ?? command
  const log = openSync(logFile, 'a')
  const child = spawn(file, args, { cwd, env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', log, log] })
  closeSync(log)
  endWithParent(child)
  try {
    await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error))])
    await waitUntilReady(child, isReady)
  } catch (error) {
    child.kill('SIGKILL')
    const lines = readFileSync(logFile, 'utf8').trim().split('\n').slice(-20)
    throw new Error([`${[file, ...args].join(' ')} did not start:`, ...lines].join('\n'), { cause: error })
  }
  return {
    pid: child.pid as number,
    pinnedTo: pinnedCommand && cpu,
    async stop() {
      if (hasEnded(child)) return
      const exited = once(child, 'exit')
      child.kill()
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      await exited
      clearTimeout(timer)
    },
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null

async function waitUntilReady(child: ChildProcess, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS
  while (!(await isReady().catch(() => false))) {
    if (hasEnded(child)) throw new Error('it ended')
    if (performance.now() > deadline) throw new Error('it takes too long')
    await delay(50)
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Kills a process when this one exits or receives a signal that can be caught. */
function endWithParent(child: ChildProcess): void {
  const kill = () => child.kill('SIGKILL')
  const killAndEnd = (signal: NodeJS.Signals) => {
    kill()
    // The handler is already removed, so the signal now ends this process.
    process.kill(process.pid, signal)
  }
  process.once('exit', kill)
  for (const signal of SIGNALS) process.once(signal, killAndEnd)
  child.once('exit', () => {
    process.off('exit', kill)
    for (const signal of SIGNALS) process.off(signal, killAndEnd)
  })
}

/** Undefined if no CPU is given or the machine has no `taskset`. */
function pinCommand({ file, args, ...rest }: Command, cpu: number | undefined): Command | undefined {
  if (cpu === undefined || spawnSync('taskset', ['--version']).status !== 0) return undefined
  return { file: 'taskset', args: ['-c', String(cpu), file, ...args], ...rest }
}

/** False if the machine has no `taskset`. */
export const pinToCpu = (cpu: number): boolean =>
  spawnSync('taskset', ['--all-tasks', '--pid', '--cpu-list', String(cpu), String(process.pid)]).status === 0
