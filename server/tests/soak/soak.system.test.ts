import { expect, test } from 'vitest'
import { leaks } from './leaks.ts'
import { runSoak } from './run-soak.ts'

const MIB = 1024 * 1024
const sample = {
  heapBytes: 40 * MIB,
  externalBytes: 4 * MIB,
  rssBytes: 160 * MIB,
  handles: 40,
  cpu: { before: 0, after: 0 },
}

test('growth of heap or handles is reported', () => {
  expect(leaks(sample, { ...sample, heapBytes: 43 * MIB, handles: 45 })).toEqual([])
  expect(leaks(sample, { ...sample, heapBytes: 45 * MIB })).toEqual(['the heap grew by 12.5 %'])
  expect(leaks(sample, { ...sample, handles: 60 })).toEqual(['20 more handles are open'])
})

test('half a minute of every kind of call leaks nothing in the gateway', async () => {
  const lines: string[] = []
  const onSample = (taken: object) => lines.push(JSON.stringify(taken))
  const { samples, calls, faults } = await runSoak({ durationMs: 25_000, samples: 3, onSample })
  expect(calls).toBeGreaterThan(600)
  expect(faults).toEqual([])
  expect(leaks(samples[0], samples.at(-1) ?? samples[0]), lines.join('\n')).toEqual([])
}, 180_000)
