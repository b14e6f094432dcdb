import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import type { Status } from '../../src/commands/get-status.ts'
import { readLock } from '../../src/state/sender-lock.ts'

const WORKSPACE = fileURLToPath(new URL('../..', import.meta.url))

/** The command as it is published, in a folder that no other test uses. */
export interface BuiltCli {
  /** What `bin` names. */
  program: string
  remove(): Promise<void>
}

export async function buildCli(): Promise<BuiltCli> {
  const dist = join(WORKSPACE, `dist.${process.pid}`)
  await promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), 'build/main.ts', dist], {
    cwd: WORKSPACE,
  })
  return { program: join(dist, 'lib/achilles.cjs'), remove: () => rm(dist, { recursive: true, force: true }) }
}

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** A user of the command, with a home of their own. */
export interface CliUser {
  home: string
  /** A folder in which the user works; no repository. */
  project: string
  state: string
  env: NodeJS.ProcessEnv
  run(args: readonly string[], options?: RunOptions): Promise<Ended>
  /** Calls the hook of an agent with JSON, or with any text. */
  hook(source: string, input: object | string, options?: RunOptions): Promise<Ended>
  status(): Promise<Status>
  /** Ends the sender that runs in the background, if there is one. @returns whether there was */
  killSender(signal?: NodeJS.Signals): Promise<boolean>
}

export interface RunOptions {
  input?: string
  cwd?: string
  env?: NodeJS.ProcessEnv
}

/** Removed, with its sender, when the test ends. */
export async function createUser({ program }: BuiltCli, gateway?: string): Promise<CliUser> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'achilles-cli-')))
  const project = join(home, 'project')
  const state = join(home, 'state/achilles')
  await mkdir(project)
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_STATE_HOME: join(home, 'state'),
    GIT_CONFIG_GLOBAL: '/dev/null',
  }
  if (gateway !== undefined) {
    const connection = { gateway, workspace: 'ws-cli', user: 'ada' }
    const names = ['claude-code', 'cursor', 'gemini-cli', 'codex', 'copilot', 'git', 'cli']
    const connections = Object.fromEntries(names.map((name) => [name, connection]))
    await mkdir(join(home, 'config/achilles'), { recursive: true })
    await writeFile(join(home, 'config/achilles/connections.json'), JSON.stringify({ connections }))
  }

  const run = (args: readonly string[], options: RunOptions = {}) =>
    runProgram([process.execPath, program, ...args], { cwd: project, ...options, env: { ...env, ...options.env } })

  async function killSender(signal: NodeJS.Signals = 'SIGKILL'): Promise<boolean> {
    const lock = join(state, 'sender.lock')
    const holder = readLock(lock)
    if (!holder || holder.pid === process.pid) return false
    process.kill(holder.pid, signal)
    while (readLock(lock)) await new Promise((resolve) => setTimeout(resolve, 20))
    return true
  }

  onTestFinished(async () => {
    await killSender()
    await rm(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  })
  return {
    home,
    project,
    state,
    env,
    run,
    hook: (source, input, options) =>
      run(['hook', source], { ...options, input: typeof input === 'string' ? input : JSON.stringify(input) }),
    status: async () => JSON.parse((await run(['status', '--json'])).stdout) as Status,
    killSender,
  }
}

/** Runs a program to its end. */
export async function runProgram([command = '', ...args]: readonly string[], options: RunOptions): Promise<Ended> {
  const { input = '', cwd, env } = options
  const child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code, stdout, stderr }
}

/** What Claude Code sends to its hooks. */
export const toolUse = (session: string, id: string, more: object = {}) => ({
  session_id: session,
  transcript_path: '/nowhere',
  hook_event_name: 'PostToolUse',
  prompt_id: 'prompt-1',
  tool_name: 'Bash',
  tool_use_id: id,
  tool_input: { command: 'npm test' },
  tool_response: { stdout: 'ok' },
  duration_ms: 12,
  ...more,
})

export const isMissing = (path: string): boolean => !existsSync(path)
