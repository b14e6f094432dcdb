import { expect, test } from 'vitest'
import { countHunks, countLines, countReplacement, readPatch } from './line-counts.ts'

test('lines of a text', () => {
  expect(['', 'a', 'a\n', 'a\nb', 'a\n\n', '\n'].map(countLines)).toEqual([0, 1, 1, 2, 2, 1])
})

test('lines of a replacement, without those that stay', () => {
  expect(countReplacement('a\nb\nc\n', 'a\nB\nB2\nc\n')).toEqual({ lines_added: 2, lines_removed: 1 })
  expect(countReplacement('a\na\n', 'a\n')).toEqual({ lines_added: 0, lines_removed: 1 })
  expect(countReplacement('', 'a\nb')).toEqual({ lines_added: 2, lines_removed: 0 })
  expect(countReplacement('same\n', 'same\n')).toEqual({ lines_added: 0, lines_removed: 0 })
})

test('lines of hunks', () => {
  expect(countHunks([{ lines: [' a', '-b', '+c', '+d', 7] }, null, { lines: 'x' }])).toEqual({
    lines_added: 2,
    lines_removed: 1,
  })
  expect(countHunks([])).toBeUndefined()
  expect(countHunks('no hunks')).toBeUndefined()
})

test('files of a patch', () => {
  const patch = [
    '*** Begin Patch',
    '*** Add File: a.ts',
    '+one',
    '+two',
    '*** Update File: b.ts',
    '*** Move to: c.ts',
    '@@ function',
    ' kept',
    '-old',
    '+new',
    '*** Delete File: d.ts',
    '*** End Patch',
  ].join('\n')
  expect(readPatch(patch)).toEqual([
    { path: 'a.ts', operation: 'create', lines_added: 2, lines_removed: 0 },
    { path: 'b.ts', operation: 'update', lines_added: 1, lines_removed: 1 },
    { path: 'd.ts', operation: 'delete', lines_added: 0, lines_removed: 0 },
  ])
  expect(readPatch('*** Add File: x\n'.repeat(5000))).toHaveLength(200)
  expect(readPatch('no patch')).toEqual([])
})
