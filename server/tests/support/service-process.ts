import { type ChildProcess, spawn } from 'node:child_process'
import { on } from 'node:events'
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
  /** Resolves with the first group of the first line that matches, logged already or later. */
  logged: (pattern: RegExp) => Promise<string>
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
  const output = createInterface(stdout).on('line', (line) => lines.push(line))
  const logged = async (pattern: RegExp) => {
    const read = (line: string) => line.match(pattern)?.[1]
    const earlier = lines.map(read).find((found) => found)
    if (earlier) return earlier
    for await (const [line] of on(output, 'line', { close: ['close'] })) {
      const found = read(line)
      if (found) return found
    }
    throw new Error(`the process ended before it logged ${pattern}`)
  }
  return { url: await logged(startLine), process: child, lines, logged, ended: endOf(child) }
}

/** Waits for the end of a service; returns its exit code and output. */
export async function untilEnded(
  child: ChildProcess,
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const read = (stream: Readable | null) => (stream ? text(stream) : '')
  const [exitCode, stdout, stderr] = await Promise.all([endOf(child), read(child.stdout), read(child.stderr)])
  return { exitCode, stdout, stderr }
}
