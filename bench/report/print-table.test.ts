import { expect, test } from 'vitest'
import { printTable } from './print-table.ts'

test('the first column is left-aligned, all others right-aligned', () => {
  const table = printTable(
    ['recorder', 'events/s', '×'],
    [
      ['ours', '100,000', '1.00'],
      ['another one', '9', '0.00'],
    ],
  )
  expect(table.split('\n')).toEqual([
    'recorder     events/s     ×',
    'ours          100,000  1.00',
    'another one         9  0.00',
    '',
  ])
})

test('headers alone are a table', () => {
  expect(printTable(['a', 'b'], [])).toBe('a  b\n')
})
