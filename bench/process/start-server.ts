import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from './command.ts'
import { endWithParent } from './end-with-parent.ts'
import { pinCommand } from './pin-command.ts'

const START_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 5_000

export interface ServerOptions {
  command: Command
  /** The CPU to pin it to. @default not pinCommand */
  cpu?: number | undefined
  logFile: string
  /** Polled until it returns true; a rejection counts as false. */
  isReady: () => Promise<boolean>
}

/** A server in a child process, which ends with this one. */
export interface Server {
  pid: number
  /** The CPU it is pinCommand to; undefined if it is not pinCommand. */
  pinnedTo: number | undefined
  /** Resolves when it has exited; kills it after five seconds. */
  stop(): Promise<void>
}

/**
 * Starts a server and resolves once it is ready.
 * @throws Error with the end of its log if it ends before that, or takes longer than 30 seconds.
 */
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
