import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const CLIENT = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
const MESSAGES = [
  { jsonrpc: '2.0', id: 1, method: 'initialize', params: CLIENT },
  { jsonrpc: '2.0', method: 'notifications/initialized' },
  { jsonrpc: '2.0', id: 2, method: 'tools/list' },
]

/** What to start, and where. */
export interface Start {
  commandLine: readonly string[]
  cwd: string
  env: NodeJS.ProcessEnv
}

/**
 * Starts an MCP server, asks for its tools, and waits until it has exited.
 * @returns the names of the tools, and milliseconds from the start to their arrival
 */
export async function listToolsOnce({ commandLine: [command = '', ...args], cwd, env }: Start) {
  const begin = performance.now()
  const child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr += chunk))
  child.stdin.on('error', () => {})
  for (const message of MESSAGES) child.stdin.write(`${JSON.stringify(message)}\n`)
  let found: { tools: string[]; ms: number } | undefined
  for await (const line of createInterface(child.stdout)) {
    const { id, result } = JSON.parse(line) as { id: number; result?: { tools: { name: string }[] } }
    if (id !== 2 || !result) continue
    found = { tools: result.tools.map(({ name }) => name), ms: performance.now() - begin }
    child.stdin.end()
  }
  await closed
  if (!found) throw new Error(`${command} ${args.join(' ')} listed no tools\n${stderr}`)
  return found
}

/** Milliseconds that a command takes from its start to its exit. */
export async function timeToExit({ commandLine: [command = '', ...args], cwd, env }: Start): Promise<number> {
  const begin = performance.now()
  await once(spawn(command, args, { cwd, env, stdio: 'ignore' }), 'close')
  return performance.now() - begin
}
