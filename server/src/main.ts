import cluster from 'node:cluster'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Config, readConfig } from './config.ts'
import { startEmbeddedCore } from './embedded-core/embedded-core.ts'
import { endWhileStarting } from './process/end-while-starting.ts'
import type { Start } from './process/running.ts'
import { startFault } from './process/start-fault.ts'
import { stopWhenTold } from './process/stop-when-told.ts'
import { stdioDataDir } from './settings/default-data-dir.ts'
import { readEnvFile } from './settings/read-env-file.ts'
import { createLog, flushLog, type Log } from './telemetry/log.ts'
import { standardStream } from './telemetry/standard-stream.ts'

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
  const log = createLog(config.logLevel, standardStream(overStdio ? 2 : 1))
  // Loaded while the embedded Core starts in its own process: half a second that nobody needs to wait for.
  const loading = load(config, log, overStdio)
  const core = config.core ? { ...config.core, stop: async () => {} } : await startOwnCore(config, log)
  const start = await loading
  try {
    const gateway = await start(core)
    stopWhenTold(async () => {
      log.info('Stopping: what is in flight is answered first')
      const answered = await gateway.close(config.shutdownGraceMs)
      if (!answered) log.error('Some requests took longer than SHUTDOWN_GRACE_SECONDS and were cut off')
      await core.stop()
      await flushLog(log)
      return answered
    }, gateway.inputEnded)
    started()
  } catch (error) {
    await core.stop()
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
    void flushLog(log).then(() => process.exit(1))
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
