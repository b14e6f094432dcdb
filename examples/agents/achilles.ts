import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Channel } from './real-agent.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PROGRAM = `${ROOT}cli/dist/lib/achilles.cjs`
const run = promisify(execFile)

/** Builds the command as it is published: hooks start its bundle. */
export async function buildAchilles(): Promise<void> {
  await run(process.execPath, ['--import', 'tsx', `${ROOT}cli/build/main.ts`], { cwd: ROOT })
}

export interface Connection {
  agent: string
  channel: Channel
  gateway: string
  workspace: string
}

/**
 * Connects an agent as its user would.
 * @returns the variables that the command prints for an agent whose settings cannot have them
 */
export async function connect(home: string, { agent, channel, gateway, workspace }: Connection) {
  const choices = ['--gateway', gateway, '--workspace', workspace, '--user', 'ada']
  const printed = await runAchilles(home, 'connect', agent, ...choices, '--channel', channel.toLowerCase())
  const variables = [...printed.matchAll(/^\s*(?:export )?([A-Z][A-Z0-9_]+)=(.*)$/gm)]
  // Then it has written nothing.
  if (variables.length > 0 && channel === 'both') await runAchilles(home, 'connect', agent, ...choices)
  return Object.fromEntries(variables.map(([, name = '', value = '']) => [name, value.replace(/^(['"])(.*)\1$/, '$2')]))
}

/** Sends what is pending. @throws Error if something is left */
export async function send(home: string): Promise<void> {
  await runAchilles(home, 'send', '--timeout', '120')
}

/** Ends the sender of a home, which would go on for minutes without a gateway. */
export async function stopSender(home: string): Promise<void> {
  const { sender } = JSON.parse(await runAchilles(home, 'status', '--json'))
  if (sender.running) process.kill(sender.pid, 'SIGKILL')
}

async function runAchilles(home: string, ...args: string[]): Promise<string> {
  const options = { cwd: home, env: toEnvironment(home) }
  const { stdout, stderr } = await run(process.execPath, [PROGRAM, ...args], options).catch(tolerateVariables)
  return stdout + stderr
}

/** `connect` exits with 1 if variables have to be set by hand. */
function tolerateVariables(error: Error & { stdout?: string; stderr?: string }) {
  const { stdout = '', stderr = '' } = error
  if (!/OTEL_EXPORTER_OTLP_HEADERS=/.test(stdout + stderr)) throw error
  return { stdout, stderr }
}

/** Only what a program needs: the settings of who runs this must not reach an agent. */
export function toEnvironment(home: string): Record<string, string> {
  const { PATH = '', TMPDIR } = process.env
  return { PATH, HOME: home, ...(TMPDIR && { TMPDIR }), GIT_CONFIG_GLOBAL: '/dev/null' }
}

/** Runs a program to its end. @throws Error if it fails or takes more than two minutes */
export async function runProgram(command: readonly string[], cwd: string, env: Record<string, string>): Promise<void> {
  const [program = '', ...args] = command
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk))
  const [code] = await once(child, 'close')
  process.off('exit', kill)
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}\n${Buffer.concat(output)}`)
}
