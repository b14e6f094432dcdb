import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig, SETTINGS } from './config.ts'

test('without any setting the defaults hold and the embedded Core is meant', () => {
  expect(readConfig({ PATH: '/bin', HOST: '' })).toEqual({
    host: '127.0.0.1',
    port: 8080,
    core: undefined,
    embeddedCore: { dataDir: '.achilles', databaseUrl: undefined },
    link: {
      timeoutMs: 10_000,
      maxRetries: 2,
      deadlineMs: 25_000,
      maxInFlight: 128,
      maxQueued: 128,
      groupForwarding: true,
    },
    shutdownGraceMs: 20_000,
    maxBodyBytes: 5_242_880,
    gate: {
      apiKeysFile: undefined,
      tokens: undefined,
      open: false,
      corsOrigins: [],
      ratePerMinute: 6000,
      redisUrl: undefined,
    },
    landing: true,
    logLevel: 'info',
    metricsPort: undefined,
    tracesEndpoint: undefined,
    workers: 1,
  })
})

test.each(['127.0.0.1', '127.8.9.1', '::1', 'localhost'])('%s needs no credentials', (HOST) => {
  expect(readConfig({ HOST }).host).toBe(HOST)
})

test.each([{ GATEWAY_AUTH: 'none' }, { GATEWAY_API_KEYS_FILE: 'keys.json' }])('0.0.0.0 is taken with %o', (more) => {
  expect(readConfig({ HOST: '0.0.0.0', ...more }).host).toBe('0.0.0.0')
})

test('a Core elsewhere may have a path of its own', () => {
  const { core } = readConfig({ ACHILLES_BASE_URL: 'https://core.example.com/v3//', ACHILLES_API_KEY: 'k' })
  expect(core).toEqual({ baseUrl: 'https://core.example.com/v3', apiKey: 'k' })
})

describe('each fault is one line that names its setting', () => {
  test.each([
    [{ PORT: 'eighty' }, ['PORT']],
    [{ PORT: '65536' }, ['PORT']],
    [{ HTTP_TIMEOUT_SECONDS: '0', HTTP_MAX_RETRIES: '-1' }, ['HTTP_TIMEOUT_SECONDS', 'HTTP_MAX_RETRIES']],
    [{ MAX_BODY_BYTES: '5MB' }, ['MAX_BODY_BYTES']],
    [{ GROUP_FORWARDING: 'yes' }, ['GROUP_FORWARDING']],
    [{ LOG_LEVEL: 'loud' }, ['LOG_LEVEL']],
    [{ METRICS_PORT: 'on', WORKERS: '0' }, ['METRICS_PORT', 'WORKERS']],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://ada:secret@collector:4318' }, ['OTEL_EXPORTER_OTLP_ENDPOINT']],
    [{ ACHILLES_BASE_URL: 'core.example.com', ACHILLES_API_KEY: 'k' }, ['ACHILLES_BASE_URL']],
    [{ ACHILLES_BASE_URL: 'https://core.example.com/?a=b', ACHILLES_API_KEY: 'k' }, ['ACHILLES_BASE_URL']],
    [{ ACHILLES_BASE_URL: 'https://core.example.com' }, ['ACHILLES_API_KEY']],
    [{ ACHILLES_BASE_URL: 'ftp://x', ACHILLES_API_KEY: 'k\n' }, ['ACHILLES_BASE_URL', 'ACHILLES_API_KEY']],
    [{ EMBEDDED_CORE_DATABASE_URL: 'mysql://x' }, ['EMBEDDED_CORE_DATABASE_URL']],
    [{ GATEWAY_AUTH: 'off' }, ['GATEWAY_AUTH']],
    [{ AUTH_ISSUER: 'https://id.example' }, ['AUTH_AUDIENCE', 'AUTH_JWKS_URL']],
    [
      {
        AUTH_ISSUER: 'https://id.example',
        AUTH_AUDIENCE: 'a',
        AUTH_JWKS_URL: 'https://ada:secret@id.example/keys',
      },
      ['AUTH_JWKS_URL'],
    ],
    [{ PUBLIC_URL: 'gateway.example.com' }, ['PUBLIC_URL']],
    [{ PUBLIC_URL: 'ftp://gateway.example.com' }, ['PUBLIC_URL']],
    [{ PUBLIC_URL: 'https://gateway.example.com/?a=1' }, ['PUBLIC_URL']],
    [{ PUBLIC_URL: 'https://ada@gateway.example.com' }, ['PUBLIC_URL']],
    [{ REDIS_URL: '127.0.0.1:6379' }, ['REDIS_URL']],
    [{ CORS_ORIGINS: 'https://a.example, b.example' }, ['CORS_ORIGINS.1']],
    [{ HOST: '0.0.0.0' }, ['HOST']],
    [{ HOST: '::' }, ['HOST']],
    [{ HOST: 'gateway.internal' }, ['HOST']],
  ])('%o', (environment, names) => {
    const error = captured(() => readConfig(environment))
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as Error).message.split('\n').map((line) => line.split(':')[0])).toEqual(names)
  })
})

test('.env.example and the README’s table name every setting', () => {
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  for (const name of SETTINGS) {
    expect(example).toMatch(new RegExp(`^# ?${name}=`, 'm'))
    expect(readme).toContain(`\`${name}\``)
  }
})

function captured(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}
