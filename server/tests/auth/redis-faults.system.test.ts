import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createServer, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { endOf } from '../support/service-process.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const hasRedis = spawnSync('redis-server', ['--version']).status === 0
if (!hasRedis) process.stdout.write('redis-faults: mostly skipped, redis-server is not installed\n')

const RATE = 3

let core: ScriptedCore
let gateway: TestGateway | undefined
let redis: ChildProcess | undefined
let port: number

beforeEach(async () => {
  core = await startScriptedCore()
  port = await freePort()
})

afterEach(async () => {
  await gateway?.close()
  gateway = undefined
  redis?.kill('SIGKILL')
  if (redis) await endOf(redis)
  redis = undefined
  await core.close()
})

async function startRedis(...args: string[]): Promise<void> {
  redis = spawn('redis-server', ['--port', String(port), '--save', '', '--bind', '127.0.0.1', ...args], {
    stdio: 'ignore',
  })
  await expect.poll(() => admin(['PING']).catch(() => '')).toBe('PONG')
}

/** Runs a command on its own connection. */
async function admin([name = '', ...args]: string[], password?: string): Promise<unknown> {
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: null, ...(password && { password }) })
  client.on('error', () => {})
  try {
    return await client.call(name, ...args)
  } finally {
    client.disconnect()
  }
}

async function startGateway(): Promise<TestGateway> {
  gateway = await startTestGateway(core, { auth: { ratePerMinute: RATE, redisUrl: `redis://127.0.0.1:${port}` } })
  return gateway
}

async function statuses(count: number): Promise<number[]> {
  const found: number[] = []
  for (let call = 0; call < count; call++) found.push((await gateway?.rest('GET', '/health'))?.status ?? 0)
  return found
}

const logged = (text: string) => gateway?.log.filter((line) => line.includes(text)) ?? []

async function errorsCounted(): Promise<number> {
  return Number(/^rate_store_errors_total (\d+)/m.exec((await gateway?.metrics.registry.metrics()) ?? '')?.[1])
}

/** Calls until Redis is used again, which one call per second tries. */
const untilBack = () =>
  expect
    .poll(
      async () => {
        await statuses(1)
        return logged('Redis is available again').length
      },
      { interval: 200 },
    )
    .toBe(1)

test.runIf(hasRedis)('while Redis is stopped, calls are counted in memory and the failure is logged once', async () => {
  await startRedis()
  await startGateway()
  expect(await statuses(1)).toEqual([200])
  redis?.kill('SIGSTOP')
  expect(await statuses(5)).toEqual([200, 200, 200, 429, 429])
  expect(logged('Redis is unavailable')).toHaveLength(1)
  expect(await errorsCounted()).toBeGreaterThan(0)
  redis?.kill('SIGCONT')
  await untilBack()
  expect(logged('Redis is unavailable')).toHaveLength(1)
})

test.runIf(hasRedis)('concurrent calls share one wait for the Redis timeout', async () => {
  await startRedis()
  await startGateway()
  redis?.kill('SIGSTOP')
  const together = await Promise.all(Array.from({ length: 20 }, () => statuses(1)))
  expect(together.flat().filter((status) => status === 200)).toHaveLength(RATE)
  expect(logged('Redis is unavailable')).toHaveLength(1)
})

test('with a Redis that accepts connections but never responds, the gateway starts and counts in memory', async () => {
  const sockets = new Set<Socket>()
  const silent = createServer((socket) => sockets.add(socket.on('error', () => {}))).listen(port, '127.0.0.1')
  await startGateway()
  expect(logged('Redis is unavailable')).toHaveLength(1)
  expect(await statuses(5)).toEqual([200, 200, 200, 429, 429])
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => silent.close(resolve))
  if (!hasRedis) return
  await startRedis()
  await untilBack()
})

test.runIf(hasRedis)('a Redis that is stopped when the gateway starts', async () => {
  await startRedis()
  redis?.kill('SIGSTOP')
  await startGateway()
  expect(logged('Redis is unavailable')).toHaveLength(1)
  expect(await statuses(5)).toEqual([200, 200, 200, 429, 429])
  redis?.kill('SIGCONT')
  await untilBack()
})

test.runIf(hasRedis)('a Redis that is killed and restarted', async () => {
  await startRedis()
  await startGateway()
  redis?.kill('SIGKILL')
  if (redis) await endOf(redis)
  expect(await statuses(5)).toEqual([200, 200, 200, 429, 429])
  expect(logged('Redis is unavailable')).toHaveLength(1)
  await startRedis()
  await untilBack()
})

const REJECTIONS: [string, string[], string[]][] = [
  ['READONLY', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
  ['OOM', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
]
test.runIf(hasRedis).each(REJECTIONS)(
  'with a Redis that rejects writes (%s) calls are counted in memory, logged with the reason',
  async (reason, reject, accept) => {
    await startRedis()
    await admin(reject)
    await startGateway()
    expect(await statuses(5)).toEqual([200, 200, 200, 429, 429])
    expect(logged('Redis is unavailable')).toHaveLength(1)
    expect(logged('Redis is unavailable')[0]).toContain(reason)
    await admin(accept)
    await untilBack()
  },
)

test.runIf(hasRedis)('a Redis that requires a password', async () => {
  await startRedis()
  await admin(['CONFIG', 'SET', 'requirepass', 'secret'])
  await startGateway()
  expect(await statuses(5)).toEqual([200, 200, 200, 429, 429])
  expect(logged('Redis is unavailable')).toHaveLength(1)
  expect(logged('Redis is unavailable')[0]).toContain('NOAUTH')
  await admin(['CONFIG', 'SET', 'requirepass', ''], 'secret')
  await untilBack()
})
