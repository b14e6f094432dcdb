import type { ServerResponse } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway } from '../support/test-gateway.ts'

const LIMITS = { maxInFlight: 8, maxQueued: 4, timeoutMs: 30_000, deadlineMs: 30_000 }
const HEALTH = JSON.stringify({ status: 'ok', uptime_seconds: 1, accepting_signals: true, last_ingest_error_at: null })

let core: ScriptedCore
const held: ServerResponse[] = []

beforeAll(async () => {
  core = await startScriptedCore()
})

afterAll(() => core.close())

/** Core holds every request until `release`. */
function holdEverything(): void {
  held.length = 0
  core.answer((_request, response) => held.push(response))
}

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const release = (response: ServerResponse | undefined) =>
  response?.writeHead(200, { 'content-type': 'application/json' }).end(HEALTH)

test('over the limits a call is rejected immediately; the others get their responses in order', async () => {
  const gateway = await startTestGateway(core, { upstream: LIMITS })
  holdEverything()
  const statuses: number[] = []
  const calls = Array.from({ length: 40 }, async () => {
    const { status, headers, problem } = await gateway.rest('GET', '/health/core')
    statuses.push(status)
    if (status === 503) {
      expect(headers.get('retry-after')).toBe('1')
      expect(problem).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true })
    }
  })
  await expect.poll(() => statuses.length).toBe(40 - LIMITS.maxInFlight - LIMITS.maxQueued)
  expect(new Set(statuses)).toEqual(new Set([503]))
  await expect.poll(() => held.length).toBe(LIMITS.maxInFlight)

  for (let answered = 0; answered < LIMITS.maxInFlight + LIMITS.maxQueued; answered++) {
    await expect.poll(() => held.length).toBeGreaterThan(answered)
    release(held[answered])
  }
  await Promise.all(calls)
  expect(statuses.filter((status) => status === 200)).toHaveLength(LIMITS.maxInFlight + LIMITS.maxQueued)
  expect(gateway.health.ready).toBe(true)
  await gateway.close()
})

test('a caller that disconnects while it waits frees its place in the queue', async () => {
  const gateway = await startTestGateway(core, { upstream: { ...LIMITS, maxInFlight: 1, maxQueued: 1 } })
  holdEverything()
  const call = (signal?: AbortSignal) =>
    fetch(`${gateway.url}/api/achilles/v1/mcp/health/core`, { ...(signal && { signal }) }).then(
      ({ status }) => status,
      () => 'gone',
    )
  const first = call()
  await expect.poll(() => held.length).toBe(1)
  const waiting = new AbortController()
  const second = call(waiting.signal)
  // The queue is full once a further call is rejected.
  await expect.poll(call).toBe(503)
  waiting.abort()
  expect(await second).toBe('gone')
  const thirds: Promise<unknown>[] = []
  await expect
    .poll(async () => {
      const third = call()
      thirds.push(third)
      return Promise.race([third, new Promise((resolve) => setTimeout(resolve, 100, 'waiting'))])
    })
    .toBe('waiting')
  release(held[0])
  expect(await first).toBe(200)
  await expect.poll(() => held.length).toBe(2)
  release(held[1])
  expect(await thirds.at(-1)).toBe(200)
  await gateway.close()
})

test('memory stays constant while Core hangs and callers send ten times what it can handle', async () => {
  const gateway = await startTestGateway(core, {
    // The calls that Core holds must not time out on a busy machine.
    upstream: { ...LIMITS, timeoutMs: 240_000, deadlineMs: 240_000 },
  })
  holdEverything()
  const first = Array.from({ length: LIMITS.maxInFlight + LIMITS.maxQueued }, () => gateway.rest('GET', '/health/core'))
  await expect.poll(() => held.length).toBe(LIMITS.maxInFlight)
  const wave = async () => {
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 100 }, () => gateway.rest('GET', '/health/core')))
    }
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  const before = await wave()
  const after = await wave().then(wave).then(wave)
  process.stdout.write(
    `saturation: heap ${(before / 2 ** 20).toFixed(0)} MB after 1,000 rejected calls, ${(after / 2 ** 20).toFixed(0)} MB after 4,000\n`,
  )
  expect(after).toBeLessThan(before + 16 * 2 ** 20)
  expect(core.seen).toHaveLength(LIMITS.maxInFlight)
  for (let answered = 0; answered < first.length; answered++) {
    await expect.poll(() => held.length).toBeGreaterThan(answered)
    release(held[answered])
  }
  await Promise.all(first)
  await gateway.close()
})
