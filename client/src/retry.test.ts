import { expect, test } from 'vitest'
import { backoffMs } from './retry.ts'

test.each([
  [1, 0, 50],
  [1, 1, 100],
  [3, 0, 200],
  [3, 1, 400],
  [20, 1, 1_000],
])('after %i failures with chance %d: %i ms', (failures, chance, ms) => {
  expect(backoffMs(failures, { firstMs: 100, maxMs: 1_000 }, () => chance)).toBe(ms)
})
