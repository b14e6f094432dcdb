import { execFile, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { startCoreProcess } from '../support/core-process.ts'
import { startGatewayProcess } from '../support/gateway-process.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const run = promisify(execFile)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'achilles-unreachable-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function countAttempts(url: string): Promise<{ detail: string | undefined; status: number; attempts: number }> {
  const gateway = await startTestGateway({ url }, { upstream: { maxRetries: 2 } })
  const { status, problem, headers } = await gateway.rest('GET', '/health/core')
  expect(problem).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true })
  expect(headers.get('retry-after')).toBe('1')
  const metrics = await gateway.metrics.registry.metrics()
  const count = /core_request_duration_seconds_count\{operation="coreHealth",status="unreachable"\} (\d+)/.exec(metrics)
  await gateway.close()
  return { status, detail: problem?.detail, attempts: Number(count?.[1]) }
}

async function listening(server: { listen(port: number, host: string, done: () => void): unknown }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return ((server as unknown as { address(): AddressInfo }).address() as AddressInfo).port
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl) process.stdout.write('unreachable-core: the certificate is skipped, openssl is not installed\n')

describe('the detail has the reason why Core cannot be reached', () => {
  test('nothing listens: retried', async () => {
    expect(await countAttempts('http://127.0.0.1:1')).toEqual({
      status: 503,
      detail: 'Core cannot be reached (ECONNREFUSED).',
      attempts: 3,
    })
  })

  test('an unknown host name: retried', async () => {
    const { detail, attempts } = await countAttempts('http://core.invalid')
    expect(detail).toMatch(/\((ENOTFOUND|EAI_AGAIN)\)/)
    expect(attempts).toBe(3)
  })

  test.runIf(hasOpenssl)('a self-signed certificate: not retried', async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
    await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject])
    const server = createHttpsServer({ key: await readFile(key), cert: await readFile(cert) })
    const { detail, attempts } = await countAttempts(`https://127.0.0.1:${await listening(server)}`)
    expect(detail).toBe('Core cannot be reached (DEPTH_ZERO_SELF_SIGNED_CERT).')
    expect(attempts).toBe(1)
    server.close()
  })

  test('HTTPS to a server without TLS: not retried', async () => {
    const server = createHttpServer()
    const { detail, attempts } = await countAttempts(`https://127.0.0.1:${await listening(server)}`)
    expect(detail).toMatch(/\((EPROTO|ERR_SSL_\w+)\)/)
    expect(attempts).toBe(1)
    server.close()
  })
})

test('while a Core process is stopped calls are limited, and after it continues the gateway recovers', async () => {
  await seedDataDir(join(folder, 'data'))
  const core = await startCoreProcess({ ACHILLES_DATA_DIR: join(folder, 'data'), ACHILLES_API_KEY: 'k' })
  const upstream = { timeoutMs: 1_000, deadlineMs: 3_000, maxRetries: 1, maxInFlight: 32, maxQueued: 32 }
  const gateway: TestGateway = await startTestGateway({ url: core.url, apiKey: 'k' }, { upstream })
  const call = () => gateway.rest('GET', '/health/core').then(({ status }) => status)
  try {
    expect(await call()).toBe(200)
    core.process.kill('SIGSTOP')
    const statuses = await Promise.all(Array.from({ length: 400 }, call))
    expect(new Set(statuses)).toEqual(new Set([503, 504]))
    const metrics = await gateway.metrics.registry.metrics()
    expect(metrics).toMatch(/core_calls_in_flight 0\n/)
    expect(metrics).toMatch(/core_calls_queued 0\n/)
    expect(metrics).toMatch(/core_rejections_total\{reason="queue_full"\} [1-9]\d*/)
    expect(gateway.log.filter((line) => line.includes('CORE_MAX_QUEUED'))).toHaveLength(1)
    expect(gateway.log.filter((line) => line.includes('Core is failing'))).toHaveLength(1)
    expect(gateway.health.ready).toBe(false)
    core.process.kill('SIGCONT')
    await expect.poll(() => gateway.health.ready).toBe(true)
    expect(await call()).toBe(200)
  } finally {
    await gateway.close()
    core.process.kill('SIGKILL')
    await core.ended
  }
})

const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0
if (!canMount) process.stdout.write('unreachable-core: the silent resolver is skipped, there are no mount namespaces\n')

test.runIf(canMount)('a resolver that does not respond gets one lookup, however many calls wait', async () => {
  const queries = new Set<string>()
  const resolver = createSocket('udp4').on('message', (query, { port }) =>
    queries.add(`${port}/${query.readUInt16BE()}`),
  )
  await new Promise<void>((resolve) => resolver.bind(53, '127.53.53.53', resolve))
  const resolvConf = join(folder, 'resolv.conf')
  await writeFile(resolvConf, 'nameserver 127.53.53.53\noptions timeout:30 attempts:1\n')
  const gateway = await startGatewayProcess(
    {
      ACHILLES_BASE_URL: 'http://core.example',
      ACHILLES_API_KEY: 'k',
      HTTP_MAX_RETRIES: '0',
      HTTP_TIMEOUT_SECONDS: '3',
      // Each lookup blocks one thread of libuv's pool; with 16 threads several lookups would be visible.
      UV_THREADPOOL_SIZE: '16',
    },
    { through: ['unshare', '--mount', 'sh', '-c', `mount --bind ${resolvConf} /etc/resolv.conf && exec "$@"`, 'sh'] },
  )
  try {
    const call = () => fetch(`${gateway.url}/api/achilles/v1/mcp/health/core`).then(({ status }) => status)
    expect(new Set(await Promise.all(Array.from({ length: 20 }, call)))).toEqual(new Set([504]))
    // One query for each address family.
    expect(queries.size).toBeGreaterThan(0)
    expect(queries.size).toBeLessThanOrEqual(2)
  } finally {
    gateway.process.kill('SIGKILL')
    await gateway.ended
    resolver.close()
  }
})
