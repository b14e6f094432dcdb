import { resolve } from 'node:path'
import { CoreSupervisor } from '@achilles/embedded-core'
import { type Config, readConfig } from '../config.ts'
import { checkFree, exitOnSignalDuringStartup, formatStartupError, gracefulShutdown } from '../runtime/lifecycle.ts'
import type { LocateCore, StartGateway } from '../runtime/modes.ts'
import { readEnvFile, stdioDataDir } from '../settings/environment.ts'
import type { ToolSet } from '../surfaces/mcp/tools.ts'
import { createLog, flushLog, type Log, standardStream } from '../telemetry/log.ts'

/** For the steps after the grace period: the last connections, traces, the embedded Core. */
const STOP_MARGIN_MS = 15_000

const started = exitOnSignalDuringStartup()

export interface StartOptions {
  /** Speaks MCP on standard input and output instead of listening. */
  stdio?: boolean
  /** The tools that an agent gets over standard input and output. */
  tools?: ToolSet
  /** Read instead of `.env`. */
  envFile?: string
}

/** Starts the gateway. If it cannot start, reports why and exits with 1. */
export async function start({ stdio = false, tools, envFile }: StartOptions): Promise<void> {
  try {
    // Over stdio no `.env` is read: the working directory is often a cloned repository, which must not redirect events.
    readEnvFile(process.env, { named: envFile, fallback: stdio ? undefined : '.env' })
    const config = readConfig(process.env, stdio ? { dataDir: stdioDataDir(process.env) } : {})
    await run(config, stdio, tools)
  } catch (error) {
    // Ports or connections that are already open must not keep the process alive.
    process.stderr.write(`${formatStartupError(error, { host: 'HOST', port: 'PORT' })}\n`, () => process.exit(1))
  }
}

async function run(config: Config, overStdio: boolean, tools: ToolSet | undefined): Promise<void> {
  if (!overStdio) await checkFree(config)
  const log = createLog(config.logLevel, standardStream(overStdio ? 2 : 1))
  // Loading the code takes half a second, so it overlaps with the start of the embedded Core.
  const loading = load(config, log, overStdio ? { tools } : undefined)
  const embedded = config.core ? undefined : superviseCore(config, log)
  const locateCore: LocateCore = () => config.core ?? (embedded as CoreSupervisor).locate()
  try {
    const serving = loading.then((start) => start(locateCore))
    // Fails as soon as Core does, without waiting for the code to load.
    const gateway = await Promise.race([serving, Promise.resolve(locateCore()).then(() => serving)])
    gracefulShutdown(
      async () => {
        log.info('Stopping: waiting for in-flight requests')
        const completed = await gateway.close(config.shutdownGraceMs)
        if (!completed) log.error('Some requests took longer than SHUTDOWN_GRACE_SECONDS and were aborted')
        await embedded?.stop()
        await flushLog(log)
        return completed
      },
      { inputEnded: gateway.inputEnded, limitMs: config.shutdownGraceMs + STOP_MARGIN_MS },
    )
    started()
    await locateCore()
  } catch (error) {
    await embedded?.stop()
    throw error
  }
}

function superviseCore({ embeddedCore: { dataDir, databaseUrl } }: Config, log: Log): CoreSupervisor {
  const place = databaseUrl === undefined ? resolve(dataDir) : 'PostgreSQL'
  return new CoreSupervisor({
    dataDir,
    databaseUrl,
    log: (line) => log.warn(line),
    onStart({ isJoined }) {
      const shared = isJoined ? ', shared with other gateways' : ''
      log.info(`ACHILLES_BASE_URL is not set: using the embedded Core, with its data in ${place}${shared}`)
    },
  })
}

async function load(
  config: Config,
  log: Log,
  stdio: { tools: ToolSet | undefined } | undefined,
): Promise<StartGateway> {
  if (stdio) {
    const { serveStdio } = await import('../runtime/modes.ts')
    return (locateCore) => serveStdio(config, locateCore, log, stdio.tools)
  }
  const { serveHttp } = await import('../runtime/modes.ts')
  return (locateCore) => serveHttp(config, locateCore, log)
}
