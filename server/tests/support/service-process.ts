import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

export interface ServiceProcess {
  url: string
  process: ChildProcess
  lines: readonly string[]
  /** The exit code; null if a signal ended it. */
  ended: Promise<number | null>
}

/**
 * Working directory, arguments, and arguments of Node itself. `ipc` opens a channel for messages; `stdin` sets the standard
 * input.
 */
export interface SpawnOptions {
  /** The folder of another version of the project. */
  root?: string
  cwd?: string
  args?: string[]
  nodeArgs?: string[]
  ipc?: boolean
  /** A command that receives the whole command line as its arguments and executes it. */
  through?: string[]
  stdin?: 'ignore' | 'pipe'
}

/** The command line that runs a script in `server/src/`, from any folder. */
export const toCommandLine = (
  script: string,
  { root = ROOT, nodeArgs = [] }: Pick<SpawnOptions, 'root' | 'nodeArgs'> = {},
) => [process.execPath, '--import', import.meta.resolve('tsx'), ...nodeArgs, join(root, 'server/src', script)]

/** Runs a script in `server/src/` with only the given settings. */
export function spawnService(
  script: string,
  settings: Record<string, string>,
  { root = ROOT, cwd = process.cwd(), args = [], nodeArgs = [], ipc = false, ...more }: SpawnOptions = {},
): ChildProcess {
  const { stdin = 'ignore', through = [] } = more
  const [command = '', ...rest] = [...through, ...toCommandLine(script, { root, nodeArgs }), ...args]
  const child = spawn(command, rest, {
    env: { PATH: process.env.PATH ?? '', ...settings },
    cwd,
    stdio: [stdin, 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
  })
  // Cleans up after a test that fails half-way.
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
 * @param startLine matches the line that it then logs; the first group is the URL
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

/** Waits for the end of a service; returns its exit code and output. */
export async function untilEnded(
  child: ChildProcess,
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const read = (stream: Readable | null) => (stream ? text(stream) : '')
  const [exitCode, stdout, stderr] = await Promise.all([endOf(child), read(child.stdout), read(child.stderr)])
  return { exitCode, stdout, stderr }
}
