import { z } from 'zod'
import type { GateSettings } from './gate/gate-settings.ts'
import { isLoopback } from './gate/loopback.ts'
import { checkNames } from './settings/check-names.ts'
import { parseSettings } from './settings/parse-settings.ts'
import {
  apiKey,
  bareUrl,
  fetchUrl,
  LogLevel,
  postgresUrl,
  seconds,
  urlOf,
  wholeNumber,
} from './settings/setting-kinds.ts'
import { readTracesSettings, TRACES_SETTINGS } from './telemetry/traces-settings.ts'

/** The gateway's settings, validated once at start. Times are in milliseconds, sizes in bytes. */
export interface Config {
  host: string
  port: number
  /** Where Core is, and the key it wants; absent where the embedded Core is to be started. */
  core: { baseUrl: string; apiKey: string } | undefined
  embeddedCore: { dataDir: string; databaseUrl: string | undefined }
  /**
   * The link to Core: one attempt, further attempts, all together; calls under way, calls that wait; whether event batches
   * are joined while calls are under way.
   */
  link: {
    timeoutMs: number
    maxRetries: number
    deadlineMs: number
    maxInFlight: number
    maxQueued: number
    groupForwarding: boolean
    /** How groups form; no settings, but for tests. */
    longestWaitMs?: number
    callsPerLane?: number
  }
  /** How long a stop signal lets requests in flight finish. */
  shutdownGraceMs: number
  maxBodyBytes: number
  gate: GateSettings
  /** Whether `/` is a page for people. */
  landing: boolean
  logLevel: LogLevel
  /** Where `/metrics` is served, on the gateway's host; absent: nowhere. */
  metricsPort: number | undefined
  /** Where traces go; absent: there are none. */
  tracesEndpoint: string | undefined
  /** Processes that serve, on one port. */
  workers: number
}

/** A setting that has a fault: `message` holds one line for each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const publicUrl = bareUrl.transform((value) => {
  const { origin, pathname } = new URL(value)
  return origin + pathname.replace(/\/+$/, '')
})

const origin = z
  .string()
  .refine(
    (value) => value === '*' || (URL.canParse(value) && new URL(value).origin === value),
    'must be a comma list of origins such as https://ide.example.com, or *',
  )

const Environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65535).default(8080),
  ACHILLES_BASE_URL: bareUrl.optional(),
  ACHILLES_API_KEY: apiKey.optional(),
  HTTP_TIMEOUT_SECONDS: seconds(3600).default(10_000),
  HTTP_MAX_RETRIES: wholeNumber(0, 10).default(2),
  HTTP_DEADLINE_SECONDS: seconds(3600).default(25_000),
  CORE_MAX_IN_FLIGHT: wholeNumber(1, 10_000).default(128),
  CORE_MAX_QUEUED: wholeNumber(0, 100_000).default(128),
  GROUP_FORWARDING: z.enum(['on', 'off']).default('on'),
  SHUTDOWN_GRACE_SECONDS: seconds(3600).default(20_000),
  MAX_BODY_BYTES: wholeNumber(1024, 512 * 1024 * 1024).default(5 * 1024 * 1024),
  GATEWAY_API_KEYS_FILE: z.string().optional(),
  RATE_LIMIT_PER_MINUTE: wholeNumber(0, 1_000_000_000).default(6000),
  REDIS_URL: urlOf('redis:', 'rediss:').optional(),
  AUTH_ISSUER: bareUrl.optional(),
  AUTH_AUDIENCE: z.string().optional(),
  AUTH_JWKS_URL: fetchUrl.optional(),
  GATEWAY_AUTH: z.literal('none').optional(),
  PUBLIC_URL: publicUrl.optional(),
  CORS_ORIGINS: z
    .string()
    .transform((list) => list.split(',').map((origin) => origin.trim()))
    .pipe(z.array(origin))
    .default([]),
  GATEWAY_LANDING: z.literal('off').optional(),
  LOG_LEVEL: LogLevel.default('info'),
  METRICS_PORT: wholeNumber(0, 65535).optional(),
  WORKERS: wholeNumber(1, 256).default(1),
  ACHILLES_DATA_DIR: z.string().optional(),
  EMBEDDED_CORE_DATABASE_URL: postgresUrl.optional(),
})

/** The names of every setting that the gateway reads, but for most of OpenTelemetry's. */
export const SETTINGS: readonly string[] = [...Object.keys(Environment.shape), 'OTEL_EXPORTER_OTLP_ENDPOINT']

/** The names of every setting of any process here: they may share one environment. */
const KNOWN_SETTINGS: readonly string[] = [...SETTINGS, ...TRACES_SETTINGS, 'CORE_HOST', 'CORE_PORT']

/** One line for each variable that looks like a setting of the gateway or the embedded Core, but is none. */
export const unknownSettings = (environment: Readonly<Record<string, string | undefined>>): string[] =>
  checkNames(environment, KNOWN_SETTINGS)

/**
 * Reads the settings out of an environment; an empty value counts as absent.
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
  faults.push(...traces.faults, ...(data ? contradictions(data) : []))
  if (set.ACHILLES_BASE_URL && !set.ACHILLES_API_KEY) {
    faults.push('ACHILLES_API_KEY: is required where ACHILLES_BASE_URL is set')
  }
  if (set.ACHILLES_API_KEY && !set.ACHILLES_BASE_URL) {
    faults.push(
      'ACHILLES_BASE_URL: is required where ACHILLES_API_KEY is set; the embedded Core makes a key of its own',
    )
  }
  const auth = ['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS_URL']
  const missing = auth.filter((name) => !set[name])
  if (missing.length === 1 || missing.length === 2) {
    faults.push(
      ...missing.map((name) => `${name}: is required where ${auth.filter((other) => set[other]).join(' and ')} is set`),
    )
  }
  const isGuarded = set.GATEWAY_API_KEYS_FILE || set.GATEWAY_AUTH || missing.length === 0
  if (data && !isLoopback(data.HOST) && !isGuarded) {
    faults.push(
      'HOST: beyond loopback the gateway wants GATEWAY_API_KEYS_FILE, or AUTH_ISSUER and its like, or GATEWAY_AUTH=none to let everyone in',
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
    link: {
      timeoutMs: data.HTTP_TIMEOUT_SECONDS,
      maxRetries: data.HTTP_MAX_RETRIES,
      deadlineMs: data.HTTP_DEADLINE_SECONDS,
      maxInFlight: data.CORE_MAX_IN_FLIGHT,
      maxQueued: data.CORE_MAX_QUEUED,
      groupForwarding: data.GROUP_FORWARDING === 'on',
    },
    shutdownGraceMs: data.SHUTDOWN_GRACE_SECONDS,
    maxBodyBytes: data.MAX_BODY_BYTES,
    gate: {
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
    landing: data.GATEWAY_LANDING !== 'off',
    logLevel: data.LOG_LEVEL,
    metricsPort: data.METRICS_PORT,
    tracesEndpoint: traces.endpoint,
    workers: data.WORKERS,
  }
}

/** Settings that are right one by one but cannot hold together. */
function contradictions(data: z.output<typeof Environment>): string[] {
  const { HTTP_TIMEOUT_SECONDS: timeoutMs, HTTP_DEADLINE_SECONDS: deadlineMs, PORT, METRICS_PORT } = data
  const faults: string[] = []
  if (timeoutMs > deadlineMs) {
    faults.push(
      `HTTP_TIMEOUT_SECONDS: one attempt (${timeoutMs / 1000}) must not take longer than HTTP_DEADLINE_SECONDS (${deadlineMs / 1000}), all attempts together`,
    )
  }
  if (PORT !== 0 && PORT === METRICS_PORT) faults.push(`METRICS_PORT: ${PORT} is PORT already`)
  return faults
}
