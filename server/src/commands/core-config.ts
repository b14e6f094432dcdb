import { z } from 'zod'
import { ConfigError, unknownSettings } from '../config.ts'
import { apiKey, integer, LogLevel, parseSettings, postgresUrl } from '../settings/setting-kinds.ts'

export interface CoreConfig {
  host: string
  port: number
  apiKey: string
  dataDir: string
  databaseUrl: string | undefined
  logLevel: LogLevel
}

const Environment = z.object({
  CORE_HOST: z.string().default('127.0.0.1'),
  CORE_PORT: integer(0, 65535).default(8090),
  ACHILLES_API_KEY: z.string('is required: the key that callers must send').pipe(apiKey),
  ACHILLES_DATA_DIR: z.string().default('.achilles'),
  EMBEDDED_CORE_DATABASE_URL: postgresUrl.optional(),
  LOG_LEVEL: LogLevel.default('info'),
})

/** @throws ConfigError with one line for each fault. */
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
