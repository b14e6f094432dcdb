import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

/** A service of this project in a process of its own. */
export interface ServiceProcess {
  url: string
  process: ChildProcess
  /** What it wrote to standard output so far, line by line. */
  lines: readonly string[]
  /** The exit code, null where a signal ended it. */
  ended: Promise<number | null>
}

/**
 * How to spawn it: where, with which arguments, and with which of Node's own; `ipc` opens a channel for messages, `stdin` is
 * what standard input is.
 */
export interface SpawnOptions {
  cwd?: string
  args?: string[]
  nodeArgs?: string[]
  ipc?: boolean
  /** A command that takes the rest as its arguments and executes them in its own place. */
  through?: string[]
  stdin?: 'ignore' | 'pipe'
}

/** Runs a script below `server/src/` with the settings given, and none of this process's own. */
export function spawnService(
  script: string,
  settings: Record<string, string>,
  { cwd = process.cwd(), args = [], nodeArgs = [], ipc = false, stdin = 'ignore', through = [] }: SpawnOptions = {},
): ChildProcess {
  const path = new URL(`../src/${script}`, import.meta.url).pathname
  const node = [process.execPath, '--import', import.meta.resolve('tsx'), ...nodeArgs, path, ...args]
  const [command = process.execPath, ...rest] = [...through, ...node]
  const child = spawn(command, rest, {
    env: { PATH: process.env.PATH ?? '', ...settings },
    cwd,
    stdio: [stdin, 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
  })
  // A test that fails half-way leaves nothing behind.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  return child
}

export const endOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode)
    else child.once('exit', resolve)
  })

/**
 * Resolves once the service listens.
 * @param startLine what it logs then; its first group is the URL
 */
export async function untilListening(child: ChildProcess, startLine: RegExp): Promise<ServiceProcess> {
  child.stderr?.pipe(process.stderr)
  const { stdout } = child
  if (!stdout) throw new Error('the process has no standard output')
  const lines: string[] = []
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(stdout)
      .on('line', (line) => {
        lines.push(line)
        const [, url] = line.match(startLine) ?? []
        if (url) resolve(url)
      })
      .on('close', () => reject(new Error('the process ended before it listened')))
  })
  return { url, process: child, lines, ended: endOf(child) }
}

/** Waits for the end of a service, and gives what it wrote. */
export async function untilEnded(
  child: ChildProcess,
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const read = (stream: Readable | null) => (stream ? text(stream) : '')
  const [exitCode, stdout, stderr] = await Promise.all([endOf(child), read(child.stdout), read(child.stderr)])
  return { exitCode, stdout, stderr }
}
