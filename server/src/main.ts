import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Config, ConfigError, readConfig } from './config.ts'
import { startEmbeddedCore } from './embedded-core/embedded-core.ts'
import { createLog, type Log } from './telemetry/log.ts'
import { version } from './version.ts'

try {
  if (existsSync('.env')) process.loadEnvFile('.env')
  await run(readConfig(process.env))
} catch (error) {
  process.stderr.write(`${reasonOf(error)}\n`)
  process.exitCode = 1
}

async function run(config: Config): Promise<void> {
  const log = createLog(config.logLevel)
  // Loaded while the embedded Core starts in its own process: half a second that nobody needs to wait for.
  const loading = import('./gateway.ts')
  const core = config.core ? { ...config.core, stop: async () => {} } : await startOwnCore(config, log)
  const { startGateway } = await loading
  try {
    const gateway = await startGateway(config, core, log)
    log.info(`Achilles MCP Gateway ${version} on ${gateway.url}, API reference at ${gateway.url}/docs`)
    stopOnSignal(async () => {
      log.info('Stopping: what is in flight is answered first')
      const answered = await gateway.close(config.shutdownGraceMs)
      if (!answered) log.error('Some requests took longer than SHUTDOWN_GRACE_SECONDS and were cut off')
      await core.stop()
      return answered
    })
  } catch (error) {
    await core.stop()
    throw error
  }
}

async function startOwnCore({ embeddedCore: { dataDir, databaseUrl } }: Config, log: Log) {
  let stopping = false
  const embedded = await startEmbeddedCore({
    dataDir,
    ...(databaseUrl !== undefined && { databaseUrl }),
    log: (line) => log.warn(line),
  })
  log.info(`No ACHILLES_BASE_URL: the embedded Core keeps its data in ${databaseUrl ? 'PostgreSQL' : resolve(dataDir)}`)
  embedded.exited.then((code) => {
    if (stopping) return
    log.fatal(`The embedded Core ended on its own (exit code ${code}); the gateway ends with it`)
    process.exit(1)
  })
  return {
    baseUrl: embedded.url,
    apiKey: embedded.apiKey,
    async stop() {
      stopping = true
      await embedded.stop()
    },
  }
}

/** The first signal stops in good order, the second at once. Exit 0 means that every request was answered. */
function stopOnSignal(stop: () => Promise<boolean>): void {
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1)
      stopping = true
      void stop().then((answered) => process.exit(answered ? 0 : 1))
    })
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  const { code, message, stack, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (code === 'EADDRINUSE') return `PORT: ${port} on ${address} is already in use`
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `HOST or PORT: ${message}`
  return error instanceof Error && error.constructor === Error ? message : String(stack ?? error)
}
