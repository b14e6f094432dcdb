import { expect, test } from 'vitest'
import type { Load } from '../load/load.ts'
import { takeSample } from './take-sample.ts'

/** A load in which a call completes every `everyMs`. */
function createLoad(connections: number, everyMs: number, firstError?: Error) {
  const latencies: number[] = []
  const timer = setInterval(() => latencies.push(everyMs), everyMs)
  const load = {
    connections,
    latencies,
    firstError,
    isStopped: false,
    async stop() {
      clearInterval(timer)
      load.isStopped = true
    },
  }
  return load satisfies Load
}

test('a sample takes the given time, then stops the load', async () => {
  const load = createLoad(1, 5)
  const startedAt = performance.now()
  const sample = await takeSample(load, process.pid, { warmMs: 100, measureMs: 200 })
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(299)
  expect(load.isStopped).toBe(true)
  expect(sample).toMatchObject({ p50: 5, p99: 5 })
  expect(sample.requestsPerSecond).toBeLessThanOrEqual(220)
  expect(sample.rssBytes).toBeGreaterThan(10e6)
})

test('warm-up and sample last until as many calls are complete as there are connections', async () => {
  const load = createLoad(4, 40)
  const sample = await takeSample(load, process.pid, { warmMs: 1, measureMs: 1 })
  expect(load.latencies.length).toBeGreaterThanOrEqual(8)
  expect(sample.cpuMicros).not.toBe(Number.POSITIVE_INFINITY)
  expect(sample.p99).toBe(40)
})

test('a failed call ends it at once', async () => {
  const load = createLoad(1, 5, new Error('responded with 400'))
  await expect(takeSample(load, process.pid, { warmMs: 60_000, measureMs: 1 })).rejects.toThrow('responded with 400')
  expect(load.isStopped).toBe(true)
})

test('the wait is limited', async () => {
  const load = createLoad(1000, 30)
  const times = { warmMs: 10, measureMs: 1, timeoutMs: 100 }
  await expect(takeSample(load, process.pid, times)).rejects.toThrow(/^only \d of 1000 calls got a response in 110 ms$/)
  expect(load.isStopped).toBe(true)
})
