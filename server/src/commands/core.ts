import { resolve } from 'node:path'
import { serve } from '@achilles/embedded-core/serve'
import { httpUrl } from '../http/address.ts'
import { prepareDrain } from '../runtime/drain.ts'
import { exitOnSignalDuringStartup, formatStartupError, gracefulShutdown } from '../runtime/lifecycle.ts'
import { readEnvFile } from '../settings/environment.ts'
import { createLog } from '../telemetry/log.ts'
import { version } from '../version.ts'
import { type CoreConfig, readCoreConfig } from './core-config.ts'

// Below the ten seconds after which container engines send SIGKILL.
const DRAIN_MS = 5_000
const LINGER_MS = 1_000
const STOP_LIMIT_MS = DRAIN_MS + LINGER_MS + 3_000

const started = exitOnSignalDuringStartup()

/** Starts an embedded Core. If it cannot start, reports why and exits with 1. */
export async function core({ envFile }: { envFile?: string }): Promise<void> {
  try {
    readEnvFile(process.env, { named: envFile, fallback: '.env' })
    await run(readCoreConfig(process.env))
  } catch (error) {
    process.stderr.write(`${formatStartupError(error, { host: 'CORE_HOST', port: 'CORE_PORT' })}\n`, () =>
      process.exit(1),
    )
  }
}

async function run({ logLevel, ...config }: CoreConfig): Promise<void> {
  const log = createLog(logLevel)
  const dataDir = resolve(config.dataDir)
  const place = config.port === 0 ? '' : ` on ${httpUrl(config.host, config.port)}`
  const holder = { pid: process.pid, role: `an embedded Core${place}` }
  const core = await serve({
    ...config,
    dataDir,
    holder,
    prepareDrain: (server) => prepareDrain(server, LINGER_MS),
    log: (line) => log.warn(line),
  })
  log.info(`Embedded Core ${version} on ${core.url}, data in ${config.databaseUrl ? 'PostgreSQL' : dataDir}`)
  gracefulShutdown(
    async () => {
      log.info('Stopping: waiting for in-flight requests')
      const completed = await core.close(DRAIN_MS)
      if (!completed) log.error(`Some requests took longer than ${DRAIN_MS / 1000} s and were aborted`)
      return completed
    },
    { limitMs: STOP_LIMIT_MS },
  )
  started()
}
