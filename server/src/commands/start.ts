import { resolve } from 'node:path'
import { type EmbeddedCore, findHolder, startEmbeddedCore } from '@achilles/embedded-core'
import { type Config, readConfig } from '../config.ts'
import { httpUrl } from '../http/address.ts'
import { checkFree, exitOnSignalDuringStartup, formatStartupError, gracefulShutdown } from '../runtime/lifecycle.ts'
import type { StartGateway } from '../runtime/modes.ts'
import { readEnvFile, stdioDataDir } from '../settings/environment.ts'
import { createLog, flushLog, type Log, standardStream } from '../telemetry/log.ts'

/** For the steps after the grace period: the last connections, traces, the embedded Core. */
const STOP_MARGIN_MS = 15_000

const started = exitOnSignalDuringStartup()

export interface StartOptions {
  /** Speaks MCP on standard input and output instead of listening. */
  stdio?: boolean
  /** Read instead of `.env`. */
  envFile?: string
}

/** Starts the gateway. If it cannot start, reports why and exits with 1. */
export async function start({ stdio = false, envFile }: StartOptions): Promise<void> {
  try {
    // Over stdio no `.env` is read: the working directory is often a cloned repository, which must not redirect events.
    readEnvFile(process.env, { named: envFile, fallback: stdio ? undefined : '.env' })
    const config = readConfig(process.env, stdio ? { dataDir: stdioDataDir(process.env) } : {})
    await run(config, stdio)
  } catch (error) {
    // Ports or connections that are already open must not keep the process alive.
    process.stderr.write(`${formatStartupError(error, { host: 'HOST', port: 'PORT' })}\n`, () => process.exit(1))
  }
}

async function run(config: Config, overStdio: boolean): Promise<void> {
  const { dataDir, databaseUrl } = config.embeddedCore
  const usesDataDir = !config.core && databaseUrl === undefined
  await checkFree({ ...config, overStdio, findHolder: usesDataDir ? () => findHolder(resolve(dataDir)) : undefined })
  const log = createLog(config.logLevel, standardStream(overStdio ? 2 : 1))
  // Loading the code takes half a second, so it overlaps with the start of the embedded Core.
  const loading = load(config, log, overStdio)
  const own = config.core ? undefined : startOwnCore(config, log, overStdio)
  const core = own?.core ?? Promise.resolve(config.core as NonNullable<Config['core']>)
  try {
    const serving = loading.then((start) => start(core))
    // Fails as soon as Core does, without waiting for the code to load.
    const gateway = await Promise.race([serving, core.then(() => serving)])
    gracefulShutdown(
      async () => {
        log.info('Stopping: waiting for in-flight requests')
        own?.announceStop()
        const completed = await gateway.close(config.shutdownGraceMs)
        if (!completed) log.error('Some requests took longer than SHUTDOWN_GRACE_SECONDS and were aborted')
        await own?.stop()
        await flushLog(log)
        return completed
      },
      { inputEnded: gateway.inputEnded, limitMs: config.shutdownGraceMs + STOP_MARGIN_MS },
    )
    started()
    await core
  } catch (error) {
    await own?.stop()
    throw error
  }
}

async function load(config: Config, log: Log, overStdio: boolean): Promise<StartGateway> {
  if (overStdio) {
    const { serveStdio } = await import('../runtime/modes.ts')
    return (core) => serveStdio(config, core, log)
  }
  const { serveHttp } = await import('../runtime/modes.ts')
  return (core) => serveHttp(config, core, log)
}

interface OwnCore {
  core: Promise<NonNullable<Config['core']>>
  announceStop(): void
  /** A Core that is still starting exits with this process. */
  stop(): Promise<void>
}

function startOwnCore(config: Config, log: Log, overStdio: boolean): OwnCore {
  const { dataDir, databaseUrl } = config.embeddedCore
  let stopping = false
  let embedded: EmbeddedCore | undefined

  async function start() {
    embedded = await startEmbeddedCore({
      dataDir,
      ...(databaseUrl !== undefined && { databaseUrl }),
      holder: { pid: process.pid, role: overStdio ? 'a gateway on standard input and output' : httpRole(config) },
      log: (line) => log.warn(line),
    })
    const place = databaseUrl ? 'PostgreSQL' : resolve(dataDir)
    log.info(`ACHILLES_BASE_URL is not set: using the embedded Core, with its data in ${place}`)
    embedded.exited.then((code) => {
      if (stopping) return
      log.fatal(`The embedded Core exited unexpectedly (exit code ${code}): the gateway exits too`)
      void flushLog(log).then(() => process.exit(1))
    })
    return { baseUrl: embedded.url, apiKey: embedded.apiKey }
  }

  return {
    core: start(),
    announceStop() {
      stopping = true
      embedded?.announceStop()
    },
    async stop() {
      stopping = true
      await embedded?.stop()
    },
  }
}

function httpRole({ host, port }: Config): string {
  return port === 0 ? 'a gateway' : `a gateway on ${httpUrl(host, port)}`
}
