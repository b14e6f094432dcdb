import cluster from 'node:cluster'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Config, readConfig } from './config.ts'
import { findHolder } from './embedded-core/data-dir-lock.ts'
import { type EmbeddedCore, startEmbeddedCore } from './embedded-core/embedded-core.ts'
import { httpUrl } from './http-url.ts'
import { checkFree } from './process/check-free.ts'
import { endWhileStarting } from './process/end-while-starting.ts'
import type { Start } from './process/running.ts'
import { startFault } from './process/start-fault.ts'
import { stopWhenTold } from './process/stop-when-told.ts'
import { stdioDataDir } from './settings/default-data-dir.ts'
import { readEnvFile } from './settings/read-env-file.ts'
import { createLog, flushLog, type Log } from './telemetry/log.ts'
import { standardStream } from './telemetry/standard-stream.ts'

/** What stopping may take beside the grace: the last connections, traces, the embedded Core. */
const STOP_MARGIN_MS = 15_000

const started = endWhileStarting()

try {
  const { values } = parseArgs({
    options: { stdio: { type: 'boolean', default: false }, 'env-file': { type: 'string' } },
  })
  // An agent's working directory is often a cloned repository: its files must not say where events go.
  readEnvFile(process.env, { named: values['env-file'], fallback: values.stdio ? undefined : '.env' })
  const config = readConfig(process.env, values.stdio ? { dataDir: stdioDataDir(process.env) } : {})
  if (config.workers > 1 && cluster.isWorker) {
    const { serveAsWorker } = await import('./process/serve-as-worker.ts')
    started()
    await serveAsWorker(config)
  } else await run(config, values.stdio)
} catch (error) {
  // What had opened before the fault, a port or a connection, must not keep the process.
  process.stderr.write(`${startFault(error, { host: 'HOST', port: 'PORT' })}\n`, () => process.exit(1))
}

/** @param overStdio speaks the Model Context Protocol with the process that started this one, instead of listening */
async function run(config: Config, overStdio: boolean): Promise<void> {
  const { dataDir, databaseUrl } = config.embeddedCore
  const usesDataDir = !config.core && databaseUrl === undefined
  await checkFree({ ...config, overStdio, findHolder: usesDataDir ? () => findHolder(resolve(dataDir)) : undefined })
  const log = createLog(config.logLevel, standardStream(overStdio ? 2 : 1))
  // Loaded while the embedded Core starts in its own process: half a second that nobody needs to wait for.
  const loading = load(config, log, overStdio)
  const own = config.core ? undefined : startOwnCore(config, log, overStdio)
  const core = own?.core ?? Promise.resolve(config.core as NonNullable<Config['core']>)
  try {
    const serving = loading.then((start) => start(core))
    // A Core that does not start ends the start at once, whatever is still loading.
    const gateway = await Promise.race([serving, core.then(() => serving)])
    stopWhenTold(
      async () => {
        log.info('Stopping: what is in flight is answered first')
        own?.announceStop()
        const answered = await gateway.close(config.shutdownGraceMs)
        if (!answered) log.error('Some requests took longer than SHUTDOWN_GRACE_SECONDS and were cut off')
        await own?.stop()
        await flushLog(log)
        return answered
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

/** The code of the way to serve that the settings ask for. */
async function load(config: Config, log: Log, overStdio: boolean): Promise<Start> {
  if (overStdio) {
    const { serveStdio } = await import('./process/serve-stdio.ts')
    return (core) => serveStdio(config, core, log)
  }
  if (config.workers > 1) {
    const { serveWorkers } = await import('./process/serve-workers.ts')
    return (core) => serveWorkers(config, core, log)
  }
  const { serveHttp } = await import('./process/serve-http.ts')
  return (core) => serveHttp(config, core, log)
}

/** An embedded Core, from the moment its process is started. */
interface OwnCore {
  core: Promise<NonNullable<Config['core']>>
  announceStop(): void
  /** Stops it where it runs; one that is still starting ends with this process. */
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
    log.info(`No ACHILLES_BASE_URL: the embedded Core keeps its data in ${place}`)
    embedded.exited.then((code) => {
      if (stopping) return
      log.fatal(`The embedded Core ended on its own (exit code ${code}); the gateway ends with it`)
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
