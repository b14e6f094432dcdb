import { expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { createLog } from '../telemetry/log.ts'
import { announce } from './modes.ts'

function announced(environment: Record<string, string>, metricsUrl?: string): string[] {
  const lines: string[] = []
  const log = createLog('info', { write: (line) => lines.push(JSON.parse(line).msg) })
  announce(log, readConfig(environment), { url: 'http://127.0.0.1:1', metricsUrl })
  return lines
}

test('a gateway for local callers', () => {
  expect(announced({})).toEqual([
    expect.stringMatching(
      /^Achilles MCP Gateway \S+ on http:\/\/127.0.0.1:1, API reference at http:\/\/127.0.0.1:1\/docs$/,
    ),
    'Accepts local callers without credentials; 6000 calls per minute per caller',
  ])
})

test('a gateway with credentials, Redis, metrics and traces', () => {
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
    },
    'http://127.0.0.1:9464/metrics',
  )
  expect(lines).toEqual([
    expect.stringMatching(/\/docs$/),
    'Core is at https://core.example.com/achilles',
    'Accepts API keys in keys.json and tokens from https://id.example.com; 6000 calls per minute per caller, counted in Redis',
    'Metrics at http://127.0.0.1:9464/metrics',
    'Traces go to http://collector:4318',
  ])
  expect(lines.join()).not.toMatch(/secret|password/)
})

test('a gateway for everyone', () => {
  expect(announced({ GATEWAY_AUTH: 'none', RATE_LIMIT_PER_MINUTE: '0' })[1]).toBe(
    'Accepts all callers (GATEWAY_AUTH=none); no rate limit',
  )
})
