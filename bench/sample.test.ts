import { type ChildProcess, spawn } from 'node:child_process'
import { afterEach, describe, expect, test } from 'vitest'
import type { Load } from './load.ts'
import { getProcessUsage, median, medianSample, percentile, takeSample } from './sample.ts'

describe('takeSample', () => {
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
    await expect(takeSample(load, process.pid, times)).rejects.toThrow(
      /^only \d of 1000 calls got a response in 110 ms$/,
    )
    expect(load.isStopped).toBe(true)
  })
})

test('the median of each figure is computed separately', () => {
  const samples = [
    { cpuMicros: 3, requestsPerSecond: 10, p50: 5, p99: 90, rssBytes: 1000 },
    { cpuMicros: 1, requestsPerSecond: 30, p50: 4, p99: 70, rssBytes: 3000 },
    { cpuMicros: 2, requestsPerSecond: 20, p50: 9, p99: 80, rssBytes: 2000 },
  ]
  expect(medianSample(samples)).toEqual({ cpuMicros: 2, requestsPerSecond: 20, p50: 5, p99: 80, rssBytes: 2000 })
})

describe('median', () => {
  test.each([
    [[7], 7],
    [[9, 1, 10], 9],
    [[4, 1, 3, 2], 2.5],
  ])('the median of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected)
  })

  test('does not change the order of the values', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })

  test('no values: an error', () => {
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('percentile', () => {
  const HUNDRED = Array.from({ length: 100 }, (_, index) => 100 - index)

  test.each([
    [[7], 0.5, 7],
    [[10, 9, 1], 0.5, 9],
    [[4, 1, 3, 2], 0.5, 2],
    [HUNDRED, 0.99, 99],
    [HUNDRED, 0.991, 100],
    [HUNDRED, 1, 100],
    [HUNDRED, 0, 1],
  ])('of %j, the percentile %d is %d', (values, share, expected) => {
    expect(percentile(values, share)).toBe(expected)
  })

  test('does not change the order of the values', () => {
    const values = [3, 1, 2]
    percentile(values, 0.5)
    expect(values).toEqual([3, 1, 2])
  })

  test('no values: NaN', () => {
    expect(percentile([], 0.5)).toBeNaN()
  })
})

describe('getProcessUsage', () => {
  const IDLE = 'setInterval(() => {}, 1000)'
  const BUSY = 'for (;;);'

  let child: ChildProcess | undefined
  afterEach(() => {
    child?.kill()
  })

  function run(script: string): number {
    child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' })
    return child.pid as number
  }

  const cpuOf = (pid: number) => getProcessUsage(pid).cpuSeconds

  test('returns CPU time and memory of a process', async () => {
    const pid = run(BUSY)
    await expect.poll(() => cpuOf(pid)).toBeGreaterThan(0.3)
    expect(getProcessUsage(pid).rssBytes).toBeGreaterThan(10e6)
  })

  test('an idle process uses almost no CPU time', async () => {
    const pid = run(IDLE)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const before = cpuOf(pid)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(cpuOf(pid) - before).toBeLessThan(0.1)
  })

  test('includes child processes', async () => {
    const pid = run(
      `const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(BUSY)}])
       process.once('SIGTERM', () => { child.kill('SIGKILL'); process.exit() })
       ${IDLE}`,
    )
    // The parent alone uses a fraction of that.
    await expect.poll(() => cpuOf(pid)).toBeGreaterThan(1)
  })

  test('an unknown process is an error', () => {
    expect(() => getProcessUsage(2 ** 30)).toThrow('ENOENT')
  })
})
