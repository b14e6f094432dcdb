import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A gateway in a process of its own, started as `npm start` does. */
export interface GatewayProcess {
  url: string
  process: ChildProcess
  /** The exit code, null where a signal ended it. */
  ended: Promise<number | null>
}

const MAIN = new URL('../src/main.ts', import.meta.url).pathname

/** Starts a gateway with the settings given, and none of this process's own. */
export function spawnGateway(settings: Record<string, string>, cwd = process.cwd()): ChildProcess {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), MAIN], {
    env: { PATH: process.env.PATH ?? '', PORT: '0', ...settings },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
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

/** Starts a gateway and resolves once it listens. */
export async function startGatewayProcess(settings: Record<string, string>): Promise<GatewayProcess> {
  const child = spawnGateway(settings)
  child.stderr?.pipe(process.stderr)
  if (!child.stdout) throw new Error('the gateway has no standard output')
  for await (const line of createInterface(child.stdout)) {
    const url = line.match(/Achilles MCP Gateway \S+ on (http:\/\/[^,\s]+)/)?.[1]
    if (url) {
      child.stdout.resume()
      return { url, process: child, ended: endOf(child) }
    }
  }
  throw new Error('the gateway ended before it listened')
}
