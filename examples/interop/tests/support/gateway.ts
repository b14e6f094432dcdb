import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seedDataDir } from '../../../../embedded-core/src/testing/seed-data-dir.ts'
import { startGatewayProcess } from '../../../../server/tests/support/gateway-process.ts'
import { toCommandLine } from '../../../../server/tests/support/service-process.ts'

/** A gateway in a process of its own, and a command that starts another one with the same Core. */
export interface Gateway {
  url: string
  /** The endpoint of the Model Context Protocol. */
  mcpUrl: string
  stdio: { command: string; args: string[]; env: Record<string, string>; cwd: string }
  /** A temporary folder. */
  folder: string
  stop(): Promise<void>
}

export async function startGateway(settings: Record<string, string> = {}): Promise<Gateway> {
  const folder = await mkdtemp(join(tmpdir(), 'achilles-interop-'))
  const dataDir = join(folder, 'data')
  await seedDataDir(dataDir)
  const running = await startGatewayProcess({ ACHILLES_DATA_DIR: dataDir, ...settings })
  const [command = '', ...args] = [...toCommandLine('main.ts'), '--stdio']
  return {
    url: running.url,
    mcpUrl: `${running.url}/mcp`,
    stdio: {
      command,
      args,
      env: { PATH: process.env.PATH ?? '', ACHILLES_DATA_DIR: dataDir, LOG_LEVEL: 'warn' },
      cwd: folder,
    },
    folder,
    async stop() {
      running.process.kill('SIGTERM')
      await running.ended
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

/** Calls an operation over REST. */
export async function postJson(
  gateway: Pick<Gateway, 'url'>,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const response = await fetch(`${gateway.url}/api/achilles/v1/mcp${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return response.json()
}
