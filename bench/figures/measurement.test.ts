import { expect, test } from 'vitest'
import { medianSample } from './measurement.ts'

test('the median of each figure is computed separately', () => {
  const samples = [
    { cpuMicros: 3, requestsPerSecond: 10, p50: 5, p99: 90, rssBytes: 1000 },
    { cpuMicros: 1, requestsPerSecond: 30, p50: 4, p99: 70, rssBytes: 3000 },
    { cpuMicros: 2, requestsPerSecond: 20, p50: 9, p99: 80, rssBytes: 2000 },
  ]
  expect(medianSample(samples)).toEqual({ cpuMicros: 2, requestsPerSecond: 20, p50: 5, p99: 80, rssBytes: 2000 })
})
