import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MCPHandshakeRequest, MCPSessionCreate } from '@achilles/mcp-contract'
import { freePort } from '../server/tests/support/free-port.ts'
import type { Contender } from './contenders/contenders.ts'
import { CALLER_HEADERS, OPERATIONS, REST_BASE } from './contenders/operations.ts'
import { SESSION } from './core/responses.ts'
import type { Load, LoadTarget } from './load.ts'
import { type Sample, type SampleTimes, takeSample } from './sample.ts'
import { nodeCommand, type Server, startServer } from './server-process.ts'

/** The CPU for the servers, of which one is under load at a time, and the CPU for the load and Core. */
export const CPUS = { servers: 0, load: 1 } as const

export interface BenchServers {
  sample(contender: Contender, load: (target: LoadTarget) => Load, times: SampleTimes): Promise<Sample>
  stop(): Promise<void>
}

/** Pins processes if `cpus` is given. @throws Error of a server that does not start, after stopping the others. */
export async function startBenchServers(
  contenders: readonly Contender[],
  cpus: typeof CPUS | undefined,
): Promise<BenchServers> {
  const logs = await mkdtemp(join(tmpdir(), 'bench-'))
  const servers: Server[] = []
  const running = new Map<Contender, RunningContender>()
  async function stop(): Promise<void> {
    await Promise.all(servers.map((server) => server.stop()))
    await rm(logs, { recursive: true, force: true })
  }

  try {
    const core = await startCore({ cpu: cpus?.load, logFile: join(logs, 'core.log') })
    servers.push(core)
    for (const contender of contenders) {
      const logFile = join(logs, `${contender.name}.log`)
      const options = { core: { url: core.url, apiKey: 'the-key-of-core' }, cpu: cpus?.servers, logFile }
      const started = await startContender(contender, options)
      servers.push(started)
      running.set(contender, started)
    }
  } catch (error) {
    await stop()
    throw error
  }
  return {
    sample(contender, load, times) {
      const server = running.get(contender)
      if (!server) throw new Error(`${contender.name} does not run`)
      return takeSample(load({ url: server.url, headers: CALLER_HEADERS }), server.pid, times)
    },
    stop,
  }
}

interface CoreOptions {
  /** The CPU to pin it to. @default not pinned */
  cpu?: number | undefined
  logFile: string
}

export interface RunningCore extends Server {
  url: string
}

export async function startCore({ cpu, logFile }: CoreOptions): Promise<RunningCore> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const server = await startServer({
    command: nodeCommand(new URL('./core/near-free-core.ts', import.meta.url), { PORT: String(port) }),
    cpu,
    logFile,
    isReady: async () => (await fetch(`${url}/mcp/sessions`, { method: 'POST', body: '{}' })).ok,
  })
  return { url, ...server }
}

interface ContenderOptions {
  core: { url: string; apiKey: string }
  /** The CPU to pin it to. @default not pinned */
  cpu?: number | undefined
  logFile: string
}

export interface RunningContender extends Server {
  name: string
  /** The origin, e.g. `http://127.0.0.1:40123`. */
  url: string
}

/** Resolves once a session can be created through the contender. */
export async function startContender(contender: Contender, options: ContenderOptions): Promise<RunningContender> {
  const { core, cpu, logFile } = options
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const server = await startServer({
    command: contender.command({ port, coreUrl: core.url, coreApiKey: core.apiKey }),
    cpu,
    logFile,
    isReady: () => canCreateSession(url),
  })
  if (contender.negotiates) await post(`${url}${REST_BASE}/handshake`, HANDSHAKE)
  return { name: contender.name, url, ...server }
}

const HANDSHAKE: MCPHandshakeRequest = { client_name: 'bench', client_version: '1', workspace_id: SESSION.workspace_id }

async function canCreateSession(url: string): Promise<boolean> {
  const { external_session_key, user_id, workspace_id, start_time } = SESSION
  const session: MCPSessionCreate = { external_session_key, user_id, workspace_id, start_time }
  const response = await post(`${url}${REST_BASE}${OPERATIONS.createSession.rest}`, session)
  return response.ok
}

const post = (url: string, body: unknown) =>
  fetch(url, { method: 'POST', headers: CALLER_HEADERS, body: JSON.stringify(body) })
