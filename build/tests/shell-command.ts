import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { untilListening } from '../../server/tests/support/service-process.ts'

export interface ShellCommand {
  url: string
  /** Ends it, with all processes that it started. */
  stop(): Promise<void>
}

/** Starts a gateway or an embedded Core by a command of a shell, and resolves once it listens. */
export async function startByShell(
  command: string,
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<ShellCommand> {
  // A process group of its own: npx does not pass on every signal.
  const child = spawn('bash', ['-euc', command], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const kill = (signal: NodeJS.Signals) => child.pid !== undefined && process.kill(-child.pid, signal)
  const { url } = await untilListening(
    child,
    /(?:Achilles MCP Gateway|Embedded Core) \S+ on (http:\/\/[^,\s"]+)/,
  ).catch((error) => {
    if (child.exitCode === null) kill('SIGKILL')
    throw error
  })
  return {
    url,
    async stop() {
      kill('SIGTERM')
      await closed
    },
  }
}
