import { expect, test } from 'vitest'
import { splitAtNul } from './git.ts'
import { collect } from './testing/collect.ts'

async function* chunks(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text, 'latin1')
}

test.each([
  [['a\0b\0'], ['a', 'b']],
  [
    ['a', 'b', '\0c\0', 'd'],
    ['ab', 'c', 'd'],
  ],
  [['\0\0'], ['', '']],
  [['a', '\0'], ['a']],
  [['\xff\xfe\0'], ['\xff\xfe']],
  [[], []],
])('%j is %j', async (texts, pieces) => {
  const split = await collect(splitAtNul(chunks(...texts)))
  expect(split.map((piece) => piece.toString('latin1'))).toEqual(pieces)
})
