import { expect, test } from 'vitest'
import { measureChangedLines, measureMisses } from './measure.ts'

test.each([1, 2, 3])('of generated secrets less than one in a hundred is missed (seed %i)', (seed) => {
  const kinds = measureMisses(seed, 2_000)
  expect(kinds).toHaveLength(40)
  expect(kinds.reduce((sum, { missed }) => sum + missed, 0)).toBeLessThan(20)
  expect(measureMisses(seed, 2_000)).toEqual(kinds)
})

test('of the lines of this repository less than one in two hundred is changed', () => {
  const { lines, changed } = measureChangedLines()
  expect(changed / lines).toBeLessThan(0.005)
})
