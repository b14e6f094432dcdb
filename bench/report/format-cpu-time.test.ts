import { expect, test } from 'vitest'
import { formatCpuTime } from './format-cpu-time.ts'

test.each([
  [0.4, '0 µs'],
  [839.6, '840 µs'],
  [999.4, '999 µs'],
  [999.5, '1.0 ms'],
  [8649, '8.6 ms'],
  [1_234_567, '1234.6 ms'],
])('%d', (micros, expected) => {
  expect(formatCpuTime(micros)).toBe(expected)
})
