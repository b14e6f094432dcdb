import { expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { createLog } from '../telemetry/log.ts'
import { announce } from './announce.ts'

function announced(environment: Record<string, string>, metricsUrl?: string): string[] {
  const lines: string[] = []
  const log = createLog('info', { write: (line) => lines.push(JSON.parse(line).msg) })
  announce(log, readConfig(environment), { url: 'http://127.0.0.1:1', metricsUrl })
  return lines
}

test('a gateway for this machine', () => {
  expect(announced({})).toEqual([
    expect.stringMatching(
      /^Achilles MCP Gateway \S+ on http:\/\/127.0.0.1:1, API reference at http:\/\/127.0.0.1:1\/docs$/,
    ),
    'Served: this machine alone, without credentials, 6000 calls a minute each',
  ])
})

test('a gateway that others guard and see', () => {
  const lines = announced(
    {
      ACHILLES_BASE_URL: 'https://core.example.com/achilles',
      ACHILLES_API_KEY: 'secret',
      GATEWAY_API_KEYS_FILE: 'keys.json',
      AUTH_ISSUER: 'https://id.example.com',
      AUTH_AUDIENCE: 'achilles',
      AUTH_JWKS_URL: 'https://id.example.com/jwks',
      REDIS_URL: 'redis://:password@redis:6379',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      WORKERS: '4',
    },
    'http://127.0.0.1:9464/metrics',
  )
  expect(lines).toEqual([
    expect.stringMatching(/, 4 workers$/),
    'Core is at https://core.example.com/achilles',
    'Served: holders of a key in keys.json and holders of a token of https://id.example.com, 6000 calls a minute each, counted in Redis',
    'Metrics at http://127.0.0.1:9464/metrics',
    'Traces go to http://collector:4318',
  ])
  expect(lines.join()).not.toMatch(/secret|password/)
})

test('a gateway for everyone', () => {
  expect(announced({ GATEWAY_AUTH: 'none', RATE_LIMIT_PER_MINUTE: '0' })[1]).toBe(
    'Served: everyone (GATEWAY_AUTH=none), at any rate',
  )
})
