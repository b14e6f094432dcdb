import { expect, test } from 'vitest'
import { median } from './median.ts'

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
