import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A service of this project in a process of its own. */
export interface ServiceProcess {
  url: string
  process: ChildProcess
  /** What it wrote to standard output so far, line by line. */
  lines: readonly string[]
  /** The exit code, null where a signal ended it. */
  ended: Promise<number | null>
}

/** How to spawn it: where, and with which of Node's own arguments; `ipc` opens a channel for messages. */
export interface SpawnOptions {
  cwd?: string
  nodeArgs?: string[]
  ipc?: boolean
  /** A command that takes the rest as its arguments and executes them in its own place. */
  through?: string[]
}

/** Runs a script below `server/src/` with the settings given, and none of this process's own. */
export function spawnService(
  script: string,
  settings: Record<string, string>,
  { cwd = process.cwd(), nodeArgs = [], ipc = false, through = [] }: SpawnOptions = {},
): ChildProcess {
  const path = new URL(`../src/${script}`, import.meta.url).pathname
  const node = [process.execPath, '--import', import.meta.resolve('tsx'), ...nodeArgs, path]
  const [command = process.execPath, ...args] = [...through, ...node]
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH ?? '', ...settings },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
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
