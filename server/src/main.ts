import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Config, ConfigError, readConfig } from './config.ts'
import { startEmbeddedCore } from './embedded-core/embedded-core.ts'
import { createLog, type Log, standardStream } from './telemetry/log.ts'
import { version } from './version.ts'

try {
  const { values } = parseArgs({ options: { stdio: { type: 'boolean', default: false } } })
  if (existsSync('.env')) process.loadEnvFile('.env')
  await run(readConfig(process.env), values.stdio)
} catch (error) {
  process.stderr.write(`${reasonOf(error)}\n`)
  process.exitCode = 1
}

/** @param overStdio speaks the Model Context Protocol with the process that started this one, instead of listening */
async function run(config: Config, overStdio: boolean): Promise<void> {
  const log = createLog(config.logLevel, standardStream(overStdio ? 2 : 1))
  // Loaded while the embedded Core starts in its own process: half a second that nobody needs to wait for.
  const loading = overStdio ? loadStdio(config, log) : loadHttp(config, log)
  const core = config.core ? { ...config.core, stop: async () => {} } : await startOwnCore(config, log)
  const start = await loading
  try {
    const gateway = await start(core)
    stopWhenTold(async () => {
      log.info('Stopping: what is in flight is answered first')
      const answered = await gateway.close(config.shutdownGraceMs)
      if (!answered) log.error('Some requests took longer than SHUTDOWN_GRACE_SECONDS and were cut off')
      await core.stop()
      return answered
    }, gateway.inputEnded)
  } catch (error) {
    await core.stop()
    throw error
  }
}

/** A gateway that runs, whichever way it is spoken with. */
interface Running {
  close(graceMs: number): Promise<boolean>
  /** Resolves when nobody is left to speak with; absent where anybody may come. */
  inputEnded?: Promise<void>
}

type Start = (core: NonNullable<Config['core']>) => Promise<Running>

async function loadHttp(config: Config, log: Log): Promise<Start> {
  const { startGateway } = await import('./gateway.ts')
  return async (core) => {
    const gateway = await startGateway(config, core, log)
    log.info(`Achilles MCP Gateway ${version} on ${gateway.url}, API reference at ${gateway.url}/docs`)
    return gateway
  }
}

async function loadStdio(config: Config, log: Log): Promise<Start> {
  const { startStdioGateway } = await import('./stdio-gateway.ts')
  return async (core) => {
    const gateway = startStdioGateway(config, core, log, { input: process.stdin, output: process.stdout })
    log.info(`Achilles MCP Gateway ${version} on standard input and output`)
    return gateway
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

/**
 * The first signal, or the end of the input, stops in good order, a signal after that at once. Exit 0 means that every
 * request was answered.
 */
function stopWhenTold(stop: () => Promise<boolean>, inputEnded: Promise<void> | undefined): void {
  let stopping = false
  const stopInOrder = () => {
    stopping = true
    void stop().then((answered) => process.exit(answered ? 0 : 1))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1)
      stopInOrder()
    })
  }
  inputEnded?.then(() => {
    if (!stopping) stopInOrder()
  })
}

function reasonOf(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  const {
    code = '',
    message,
    stack,
    port,
    address,
  } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (code === 'EADDRINUSE') return `PORT: ${port} on ${address} is already in use`
  if (code.startsWith('ERR_PARSE_ARGS')) return message
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `HOST or PORT: ${message}`
  return error instanceof Error && error.constructor === Error ? message : String(stack ?? error)
}
