import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig, SETTINGS } from './config.ts'

test('without settings the defaults apply and the embedded Core is used', () => {
  expect(readConfig({ PATH: '/bin', HOST: '' })).toEqual({
    host: '127.0.0.1',
    port: 8080,
    core: undefined,
    embeddedCore: { dataDir: '.achilles', databaseUrl: undefined },
    upstream: {
      timeoutMs: 10_000,
      maxRetries: 2,
      deadlineMs: 25_000,
      maxInFlight: 128,
      maxQueued: 128,
      groupForwarding: true,
    },
    shutdownGraceMs: 20_000,
    maxBodyBytes: 5_242_880,
    auth: {
      apiKeysFile: undefined,
      tokens: undefined,
      open: false,
      corsOrigins: [],
      ratePerMinute: 6000,
      redisUrl: undefined,
    },
    logLevel: 'info',
    metricsPort: undefined,
    tracesEndpoint: undefined,
  })
})

test.each(['127.0.0.1', '127.8.9.1', '::1', 'localhost'])('%s needs no credentials', (HOST) => {
  expect(readConfig({ HOST }).host).toBe(HOST)
})

test.each([{ GATEWAY_AUTH: 'none' }, { GATEWAY_API_KEYS_FILE: 'keys.json' }])('0.0.0.0 is accepted with %o', (more) => {
  expect(readConfig({ HOST: '0.0.0.0', ...more }).host).toBe('0.0.0.0')
})

test('the base URL of Core may have a path', () => {
  const { core } = readConfig({ ACHILLES_BASE_URL: 'https://core.example.com/v3//', ACHILLES_API_KEY: 'k' })
  expect(core).toEqual({ baseUrl: 'https://core.example.com/v3', apiKey: 'k' })
})

describe('each fault is one line with the name of its setting', () => {
  test.each([
    [{ PORT: 'eighty' }, ['PORT']],
    [{ PORT: '65536' }, ['PORT']],
    [{ HTTP_TIMEOUT_SECONDS: '0', HTTP_MAX_RETRIES: '-1' }, ['HTTP_TIMEOUT_SECONDS', 'HTTP_MAX_RETRIES']],
    [{ MAX_BODY_BYTES: '5MB' }, ['MAX_BODY_BYTES']],
    [{ GROUP_FORWARDING: 'yes' }, ['GROUP_FORWARDING']],
    [{ LOG_LEVEL: 'loud' }, ['LOG_LEVEL']],
    [{ METRICS_PORT: 'on', HTTP_DEADLINE_SECONDS: '0' }, ['HTTP_DEADLINE_SECONDS', 'METRICS_PORT']],
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
    [{ CORS_ORIGINS: 'https://a.example, b.example' }, ['CORS_ORIGINS']],
    [{ HOST: '0.0.0.0' }, ['HOST']],
    [{ HOST: '::' }, ['HOST']],
    [{ HOST: 'gateway.internal' }, ['HOST']],
  ])('%o', (environment, names) => {
    const error = captured(() => readConfig(environment))
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as Error).message.split('\n').map((line) => line.split(':')[0])).toEqual(names)
  })
})

// The words are zod's own.
const SCHEMA_WORDS = /[Ii]nvalid|expected|received|Too (big|small)/

test('a message has an allowed form, in no words of a schema library', () => {
  const lines = SETTINGS.flatMap((name) => {
    const error = captured(() => readConfig({ [name]: ' no such value?# ' }))
    return error instanceof ConfigError ? error.message.split('\n').filter((line) => line.startsWith(name)) : []
  })
  // Any text is valid for ACHILLES_DATA_DIR, AUTH_AUDIENCE and GATEWAY_API_KEYS_FILE.
  expect(lines).toHaveLength(SETTINGS.length - 3)
  for (const line of lines) {
    expect(line).toMatch(/^[A-Z_]+: (must|an address beyond loopback requires) /)
    expect(line).not.toMatch(SCHEMA_WORDS)
  }
  expect(lines).toContain('LOG_LEVEL: must be one of trace, debug, info, warn, error, fatal, silent')
  expect(lines).toContain('GATEWAY_AUTH: must be none')
})

test('CORS_ORIGINS names the entry that is no origin', () => {
  const error = captured(() => readConfig({ CORS_ORIGINS: 'https://a.example, https://b.example/' }))
  expect((error as Error).message).toBe(
    'CORS_ORIGINS: must be a comma list of origins such as https://ide.example.com, or *; https://b.example/ is none',
  )
})

describe('docs/configuration.md', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
  const settings = [...SETTINGS, 'CORE_HOST', 'CORE_PORT'].sort()
  const rows = [...page.matchAll(/^\| (`[A-Z].*?) \| (.*?) \|/gm)].map(([, names = '', values = '']) => ({
    names: quoted(names),
    values: quoted(values),
  }))

  test('its tables and .env.example list every setting, and no other', () => {
    expect(rows.flatMap(({ names }) => names).sort()).toEqual(settings)
    expect([...example.matchAll(/^# ?([A-Z_]+)=/gm)].map(([, name]) => name).sort()).toEqual(settings)
  })

  test('its numbers are the defaults', () => {
    const defaults = rows.flatMap(({ names, values }) => names.map((name, index) => [name, values[index] ?? '']))
    const numbers = Object.fromEntries(
      defaults.filter(([name = '', value = '']) => /^\d+$/.test(value) && SETTINGS.includes(name)),
    )
    expect(Object.keys(numbers)).toContain('RATE_LIMIT_PER_MINUTE')
    expect(readConfig(numbers)).toEqual(readConfig({}))
  })

  test('shows what is printed for invalid settings', () => {
    const [, command = '', output = ''] = page.match(/```sh\n(.*) npm start\n```\n+```text\n(.*?)\n```/s) ?? []
    const environment = Object.fromEntries(command.split(' ').map((pair) => pair.split('=')))
    expect((captured(() => readConfig(environment)) as Error).message).toBe(output)
  })
})

function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text)
}

function captured(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}
