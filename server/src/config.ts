import { z } from 'zod'
import type { AuthSettings } from './auth/credentials.ts'
import { isLoopback } from './http/address.ts'
import { checkNames } from './settings/environment.ts'
import {
  apiKey,
  bareUrl,
  fetchUrl,
  integer,
  LogLevel,
  parseSettings,
  postgresUrl,
  seconds,
  urlSetting,
} from './settings/setting-kinds.ts'
import { readTracesSettings, TRACES_SETTINGS } from './telemetry/traces-settings.ts'

/** Times are in milliseconds, sizes in bytes. */
export interface Config {
  host: string
  port: number
  /** Undefined if the embedded Core is used. */
  core: { baseUrl: string; apiKey: string } | undefined
  embeddedCore: { dataDir: string; databaseUrl: string | undefined }
  /** `timeoutMs` limits one attempt, `deadlineMs` all attempts of a call. */
  upstream: {
    timeoutMs: number
    maxRetries: number
    deadlineMs: number
    maxInFlight: number
    maxQueued: number
    groupForwarding: boolean
    /** Set only by tests. */
    longestWaitMs?: number
    inFlightBeforeWaiting?: number
  }
  /** How long in-flight requests may take after a stop signal. */
  shutdownGraceMs: number
  maxBodyBytes: number
  /** Time between two pings of a stream; set only by tests. */
  pingMs?: number
  auth: AuthSettings
  logLevel: LogLevel
  metricsPort: number | undefined
  tracesEndpoint: string | undefined
}

/** `message` has one line for each fault. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const publicUrl = bareUrl.transform((value) => {
  const { origin, pathname } = new URL(value)
  return origin + pathname.replace(/\/+$/, '')
})

const isOrigin = (value: string) => value === '*' || (URL.canParse(value) && new URL(value).origin === value)

const origins = z
  .string()
  .transform((list) => list.split(',').map((origin) => origin.trim()))
  .refine((list) => list.every(isOrigin), {
    error: ({ input }) =>
      `must be a comma list of origins such as https://ide.example.com, or *; ${(input as string[]).find((value) => !isOrigin(value)) || 'an empty one'} is none`,
  })

const Environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: integer(0, 65535).default(8080),
  ACHILLES_BASE_URL: bareUrl.optional(),
  ACHILLES_API_KEY: apiKey.optional(),
  HTTP_TIMEOUT_SECONDS: seconds(3600).default(10_000),
  HTTP_MAX_RETRIES: integer(0, 10).default(2),
  HTTP_DEADLINE_SECONDS: seconds(3600).default(25_000),
  CORE_MAX_IN_FLIGHT: integer(1, 10_000).default(128),
  CORE_MAX_QUEUED: integer(0, 100_000).default(128),
  GROUP_FORWARDING: z.enum(['on', 'off']).default('on'),
  SHUTDOWN_GRACE_SECONDS: seconds(3600).default(20_000),
  MAX_BODY_BYTES: integer(1024, 512 * 1024 * 1024).default(5 * 1024 * 1024),
  GATEWAY_API_KEYS_FILE: z.string().optional(),
  RATE_LIMIT_PER_MINUTE: integer(0, 1_000_000_000).default(6000),
  REDIS_URL: urlSetting('redis:', 'rediss:').optional(),
  AUTH_ISSUER: bareUrl.optional(),
  AUTH_AUDIENCE: z.string().optional(),
  AUTH_JWKS_URL: fetchUrl.optional(),
  GATEWAY_AUTH: z.literal('none').optional(),
  PUBLIC_URL: publicUrl.optional(),
  CORS_ORIGINS: origins.default([]),
  LOG_LEVEL: LogLevel.default('info'),
  METRICS_PORT: integer(0, 65535).optional(),
  ACHILLES_DATA_DIR: z.string().optional(),
  EMBEDDED_CORE_DATABASE_URL: postgresUrl.optional(),
})

/** Without most of OpenTelemetry's settings. */
export const SETTINGS: readonly string[] = [...Object.keys(Environment.shape), 'OTEL_EXPORTER_OTLP_ENDPOINT']

/** All processes of this project may share one environment. */
const KNOWN_SETTINGS: readonly string[] = [...SETTINGS, ...TRACES_SETTINGS, 'CORE_HOST', 'CORE_PORT']

export const unknownSettings = (environment: Readonly<Record<string, string | undefined>>): string[] =>
  checkNames(environment, KNOWN_SETTINGS)

/**
 * @param dataDir the default of `ACHILLES_DATA_DIR`
 * @throws ConfigError with one line for each fault.
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  { dataDir = '.achilles' } = {},
): Config {
  const { set, data, faults } = parseSettings(Environment, environment)
  const traces = readTracesSettings(environment)
  faults.unshift(...unknownSettings(environment))
  faults.push(...traces.faults, ...(data ? findConflicts(data) : []))
  if (set.ACHILLES_BASE_URL && !set.ACHILLES_API_KEY) {
    faults.push('ACHILLES_API_KEY: is required if ACHILLES_BASE_URL is set')
  }
  if (set.ACHILLES_API_KEY && !set.ACHILLES_BASE_URL) {
    faults.push('ACHILLES_BASE_URL: is required if ACHILLES_API_KEY is set; the embedded Core generates its own key')
  }
  const auth = ['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS_URL']
  const missing = auth.filter((name) => !set[name])
  if (missing.length === 1 || missing.length === 2) {
    faults.push(
      ...missing.map((name) => `${name}: is required if ${auth.filter((other) => set[other]).join(' and ')} is set`),
    )
  }
  const hasAuth = set.GATEWAY_API_KEYS_FILE || set.GATEWAY_AUTH || missing.length === 0
  if (data && !isLoopback(data.HOST) && !hasAuth) {
    faults.push(
      'HOST: an address beyond loopback requires GATEWAY_API_KEYS_FILE, or AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL, or GATEWAY_AUTH=none for no authentication',
    )
  }
  if (!data || faults.length > 0) throw new ConfigError(faults.join('\n'))

  return {
    host: data.HOST,
    port: data.PORT,
    core:
      data.ACHILLES_BASE_URL && data.ACHILLES_API_KEY
        ? { baseUrl: data.ACHILLES_BASE_URL.replace(/\/+$/, ''), apiKey: data.ACHILLES_API_KEY }
        : undefined,
    embeddedCore: { dataDir: data.ACHILLES_DATA_DIR ?? dataDir, databaseUrl: data.EMBEDDED_CORE_DATABASE_URL },
    upstream: {
      timeoutMs: data.HTTP_TIMEOUT_SECONDS,
      maxRetries: data.HTTP_MAX_RETRIES,
      deadlineMs: data.HTTP_DEADLINE_SECONDS,
      maxInFlight: data.CORE_MAX_IN_FLIGHT,
      maxQueued: data.CORE_MAX_QUEUED,
      groupForwarding: data.GROUP_FORWARDING === 'on',
    },
    shutdownGraceMs: data.SHUTDOWN_GRACE_SECONDS,
    maxBodyBytes: data.MAX_BODY_BYTES,
    auth: {
      apiKeysFile: data.GATEWAY_API_KEYS_FILE,
      tokens:
        data.AUTH_ISSUER && data.AUTH_AUDIENCE && data.AUTH_JWKS_URL
          ? { issuer: data.AUTH_ISSUER, audience: data.AUTH_AUDIENCE, jwksUrl: data.AUTH_JWKS_URL }
          : undefined,
      open: data.GATEWAY_AUTH === 'none',
      publicUrl: data.PUBLIC_URL,
      corsOrigins: data.CORS_ORIGINS,
      ratePerMinute: data.RATE_LIMIT_PER_MINUTE,
      redisUrl: data.REDIS_URL,
    },
    logLevel: data.LOG_LEVEL,
    metricsPort: data.METRICS_PORT,
    tracesEndpoint: traces.endpoint,
  }
}

function findConflicts(data: z.output<typeof Environment>): string[] {
  const { HTTP_TIMEOUT_SECONDS: timeoutMs, HTTP_DEADLINE_SECONDS: deadlineMs, PORT, METRICS_PORT } = data
  const faults: string[] = []
  if (timeoutMs > deadlineMs) {
    faults.push(
      `HTTP_TIMEOUT_SECONDS: the timeout of one attempt (${timeoutMs / 1000}) must not exceed HTTP_DEADLINE_SECONDS (${deadlineMs / 1000}), the deadline of all attempts`,
    )
  }
  if (PORT !== 0 && PORT === METRICS_PORT) faults.push(`METRICS_PORT: ${PORT} is already used as PORT`)
  return faults
}
