import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../embedded-core/src/testing/temporary-folder.ts'
import { readCoreConfig } from '../../src/commands/core-config.ts'
import { ConfigError, readConfig } from '../../src/config.ts'
import { editDistance } from '../../src/settings/environment.ts'
import { runCommand } from '../support/command-process.ts'
import { spawnService, untilEnded } from '../support/service-process.ts'

const folder = await temporaryFolder()
afterAll(() => folder.remove())

/** The errors that a gateway with these settings reports. */
function faultsOf(environment: Record<string, string>): string[] {
  try {
    readConfig(environment)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message.split('\n')
  }
}

test.each([
  ['ACHILLES_BASEURL', 'ACHILLES_BASE_URL'],
  ['ACHILES_BASE_URL', 'ACHILLES_BASE_URL'],
  ['CHILLES_BASE_URL', 'ACHILLES_BASE_URL'],
  ['ACHILLES_KEY', 'ACHILLES_API_KEY'],
  ['achilles_base_url', 'ACHILLES_BASE_URL'],
  ['ACHILLES_API_KEYS_FILE', 'GATEWAY_API_KEYS_FILE'],
  ['GATEWAY_API_KEY_FILE', 'GATEWAY_API_KEYS_FILE'],
  ['GATEWAY_PORT', 'PORT'],
  ['ACHILLES_LOG_LEVEL', 'LOG_LEVEL'],
  ['AUTH_ISUER', 'AUTH_ISSUER'],
  ['GATEWAY_ISSUER', 'AUTH_ISSUER'],
  ['EMBEDDED_CORE_DATABASE_URI', 'EMBEDDED_CORE_DATABASE_URL'],
  ['HTTP_TIMEOUT_SECOND', 'HTTP_TIMEOUT_SECONDS'],
  ['HTTP_DEADLINE_SECODNS', 'HTTP_DEADLINE_SECONDS'],
  ['LOG_LVL', 'LOG_LEVEL'],
  ['REDIS_URI', 'REDIS_URL'],
  ['METRIC_PORT', 'METRICS_PORT'],
  ['CROE_PORT', 'CORE_PORT'],
  ['CORE_PROT', 'CORE_PORT'],
  ['OTEL_EXPORTER_OTLP_ENDPONT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  ['OTEL_TRACE_EXPORTER', 'OTEL_TRACES_EXPORTER'],
])('%s is not a setting, %s is suggested', (name, meant) => {
  const [fault = '', ...more] = faultsOf({ [name]: '1' })
  expect(fault).toMatch(new RegExp(`^${name}: is not a setting; did you mean ${meant}\\?`))
  expect(more).toEqual([])
})

test.each(['ACHILLES_COLOUR', 'GATEWAY_SOMETHING_ELSE', 'AUTH_SECRET', 'EMBEDDED_CORE_X'])(
  '%s is not a setting, without a suggestion',
  (name) => {
    expect(faultsOf({ [name]: '1' })).toEqual([expect.stringMatching(`^${name}: is not a setting\\. If it belongs`)])
  },
)

test.each([
  { HTTP_PROXY: 'http://proxy', HTTPS_PROXY: 'http://proxy', NO_PROXY: '*', HOSTNAME: 'gateway-0' },
  { POST: '1', SORT: '1', HOME: '/', PORTS: '1', GHOST: '1', HOSTS: '1', COST: '1', SHELL: '/bin/sh' },
  { NODE_PORT: '1', NODE_HOST: 'n', STORE_HOST: 's', REDIS_HOST: 'r', REDIS_PORT: '6379', REDIS_TLS_URL: 'r' },
  { GATEWAY_SERVICE_HOST: '10.0.0.1', GATEWAY_SERVICE_PORT: '80', GATEWAY_SERVICE_PORT_HTTP: '80' },
  { GATEWAY_PORT: 'tcp://10.0.0.1:80', GATEWAY_PORT_80_TCP: 'tcp://10.0.0.1:80' },
  { GATEWAY_PORT_80_TCP_ADDR: '10.0.0.1', GATEWAY_PORT_80_TCP_PORT: '80', GATEWAY_PORT_80_TCP_PROTO: 'tcp' },
  { ACHILLES_CORE_SERVICE_PORT: '8090', ACHILLES_CORE_PORT: 'tcp://10.0.0.2:8090', METRIC_PORT: 'tcp://10.0.0.3:1' },
  {
    OTEL_SERVICE_NAME: 'g',
    OTEL_RESOURCE_ATTRIBUTES: 'a=b',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
  },
  { OTEL_BLRP_SCHEDULE_DELAY: '1', OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'x', OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: 'x' },
  { GATEWAY_INTERFACE: 'CGI/1.1', AUTH_TYPE: 'Basic', SSH_AUTH_SOCK: '/tmp/x', XAUTHORITY: '/x' },
  { GATEWAY_URL: 'http://127.0.0.1:8080', GATEWAY_KEY: 'k', GATEWAY_API_KEY: 'k', ACHILLES_GATEWAY_KEY: 'k' },
  { CORE_HOST: '127.0.0.1', CORE_PORT: '1', ACHILLES_BASEURL: '', npm_package_name: 'x', DATABASE_URL: 'x' },
])('variables of other programs are ignored: %o', (environment) => {
  expect(faultsOf(environment)).toEqual([])
  expect(readCoreConfig({ ACHILLES_API_KEY: 'k', ...environment, CORE_PORT: '1' }).port).toBe(1)
})

test.each([
  [{ HTTP_TIMEOUT_SECONDS: '30' }, /^HTTP_TIMEOUT_SECONDS: .*\(30\).*HTTP_DEADLINE_SECONDS \(25\)/],
  [{ HTTP_DEADLINE_SECONDS: '9' }, /^HTTP_TIMEOUT_SECONDS: .*\(10\).*HTTP_DEADLINE_SECONDS \(9\)/],
  [{ METRICS_PORT: '8080' }, /^METRICS_PORT: 8080 is already used as PORT$/],
  [{ PORT: '9464', METRICS_PORT: '9464' }, /^METRICS_PORT: 9464 is already used as PORT$/],
  [{ ACHILLES_API_KEY: 'k' }, /^ACHILLES_BASE_URL: is required if ACHILLES_API_KEY is set/],
  [{ OTEL_TRACES_SAMPLER: 'traceidratio' }, /^OTEL_TRACES_SAMPLER_ARG: is required/],
])('%o are inconsistent', (environment, fault) => {
  expect(faultsOf(environment)).toEqual([expect.stringMatching(fault)])
})

test.each([{ HTTP_TIMEOUT_SECONDS: '25' }, { PORT: '0', METRICS_PORT: '0' }])('%o are consistent', (environment) => {
  expect(faultsOf(environment)).toEqual([])
})

describe('each process exits with a suggestion', () => {
  const cwd = folder.path

  test.each([[[]], [['--stdio']], [['core']]])('%j', async (args) => {
    const settings = { GATEWAY_API_KEY_FILE: 'keys.json', ...(args[0] === 'core' && { ACHILLES_API_KEY: 'k' }) }
    const { exitCode, stdout, stderr } = await untilEnded(spawnService('main.ts', settings, { cwd, args }))
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toMatch(/^GATEWAY_API_KEY_FILE: is not a setting; did you mean GATEWAY_API_KEYS_FILE\?.*\n$/)
  })

  test.each([
    ['doctor', []],
    ['keys', ['list']],
  ])('%s', async (command, args) => {
    await writeFile(join(cwd, '.env'), 'GATEWAY_API_KEY_FILE=keys.json\n')
    expect(await runCommand(command, args, { cwd })).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^GATEWAY_API_KEY_FILE: .* did you mean GATEWAY_API_KEYS_FILE\?.*\n$/),
    })
  })
})

test.each([
  ['PORT', 'PORT', 0],
  ['', 'PORT', 4],
  ['PROT', 'PORT', 1],
  ['REDIS_URL', 'REDISURL', 1],
  ['REDIS_URL', 'REDSI_URI', 2],
])('from %s to %s it is %i', (from, to, distance) => {
  expect(editDistance(from, to)).toBe(distance)
  expect(editDistance(to, from)).toBe(distance)
})
