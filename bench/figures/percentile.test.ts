import { expect, test } from 'vitest'
import { percentile } from './percentile.ts'

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
