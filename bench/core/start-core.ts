import { freePort } from '../process/free-port.ts'
import { nodeCommand } from '../process/node-command.ts'
import { type Server, startServer } from '../process/start-server.ts'

export interface CoreOptions {
  /** The CPU to pin it to. @default not pinned */
  cpu?: number | undefined
  logFile: string
}

export interface RunningCore extends Server {
  url: string
}

/** Starts a near-free Core on a free port and resolves once it responds. */
export async function startCore({ cpu, logFile }: CoreOptions): Promise<RunningCore> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const server = await startServer({
    command: nodeCommand(new URL('./near-free-core.ts', import.meta.url), { PORT: String(port) }),
    cpu,
    logFile,
    isReady: async () => (await fetch(`${url}/mcp/sessions`, { method: 'POST', body: '{}' })).ok,
  })
  return { url, ...server }
}
