import { expect, test } from 'vitest'
import type { Load } from '../load/load.ts'
import { takeSample } from './take-sample.ts'

/** A load that is answered every `everyMs`; `latencies` grow by one each time. */
function loadOf(connections: number, everyMs: number, fault?: Error) {
  const latencies: number[] = []
  const timer = setInterval(() => latencies.push(everyMs), everyMs)
  const load = {
    connections,
    latencies,
    fault,
    isStopped: false,
    async stop() {
      clearInterval(timer)
      load.isStopped = true
    },
  }
  return load satisfies Load
}

test('a sample takes the time it was asked to take, and stops the load', async () => {
  const load = loadOf(1, 5)
  const startedAt = performance.now()
  const sample = await takeSample(load, process.pid, { warmMs: 100, measureMs: 200 })
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(299)
  expect(load.isStopped).toBe(true)
  expect(sample).toMatchObject({ p50: 5, p99: 5 })
  expect(sample.requestsPerSecond).toBeLessThanOrEqual(220)
  expect(sample.rssBytes).toBeGreaterThan(10e6)
})

test('it lasts until as many calls were answered as there are connections, twice', async () => {
  const load = loadOf(4, 40)
  const sample = await takeSample(load, process.pid, { warmMs: 1, measureMs: 1 })
  expect(load.latencies.length).toBeGreaterThanOrEqual(8)
  expect(sample.cpuMicros).not.toBe(Number.POSITIVE_INFINITY)
  expect(sample.p99).toBe(40)
})

test('a call that failed ends it at once', async () => {
  const load = loadOf(1, 5, new Error('answered 400'))
  await expect(takeSample(load, process.pid, { warmMs: 60_000, measureMs: 1 })).rejects.toThrow('answered 400')
  expect(load.isStopped).toBe(true)
})

test('it does not wait for ever', async () => {
  const load = loadOf(1000, 30)
  const times = { warmMs: 10, measureMs: 1, patienceMs: 100 }
  await expect(takeSample(load, process.pid, times)).rejects.toThrow(/^only \d of 1000 calls were answered in 110 ms$/)
  expect(load.isStopped).toBe(true)
})
