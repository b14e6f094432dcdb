import { z } from 'zod'
import { ConfigError, unknownSettings } from '../config.ts'
import { parseSettings } from '../settings/parse-settings.ts'
import { apiKey, LogLevel, postgresUrl, wholeNumber } from '../settings/setting-kinds.ts'

/** The settings of an embedded Core that is a process of its own. */
export interface CoreConfig {
  host: string
  port: number
  /** What callers must show. */
  apiKey: string
  dataDir: string
  databaseUrl: string | undefined
  logLevel: LogLevel
}

const Environment = z.object({
  CORE_HOST: z.string().default('127.0.0.1'),
  CORE_PORT: wholeNumber(0, 65535).default(8090),
  ACHILLES_API_KEY: z.string('is required, the key that callers must show').pipe(apiKey),
  ACHILLES_DATA_DIR: z.string().default('.achilles'),
  EMBEDDED_CORE_DATABASE_URL: postgresUrl.optional(),
  LOG_LEVEL: LogLevel.default('info'),
})

/**
 * Reads the settings out of an environment; an empty value counts as absent.
 * @throws ConfigError with one line for each fault.
 */
export function readCoreConfig(environment: Readonly<Record<string, string | undefined>>): CoreConfig {
  const { data, faults } = parseSettings(Environment, environment)
  faults.unshift(...unknownSettings(environment))
  if (!data || faults.length > 0) throw new ConfigError(faults.join('\n'))
  return {
    host: data.CORE_HOST,
    port: data.CORE_PORT,
    apiKey: data.ACHILLES_API_KEY,
    dataDir: data.ACHILLES_DATA_DIR,
    databaseUrl: data.EMBEDDED_CORE_DATABASE_URL,
    logLevel: data.LOG_LEVEL,
  }
}
