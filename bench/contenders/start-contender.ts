import type { MCPHandshakeRequest, MCPSessionCreate } from '@achilles/mcp-contract'
import { SESSION } from '../core/responses.ts'
import { freePort } from '../process/free-port.ts'
import { type Server, startServer } from '../process/start-server.ts'
import { CALLER_HEADERS } from './caller-headers.ts'
import type { Contender } from './contender.ts'
import { OPERATIONS, REST_BASE } from './operations.ts'

export interface ContenderOptions {
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

/** Starts a contender on a free port and resolves once a session can be created through it. */
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
