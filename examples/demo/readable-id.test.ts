import { expect, test } from 'vitest'
import { readableId } from './readable-id.ts'

test.each(['ada@example.com', 'Zoë <x>', 'x'.repeat(200), '😀'.repeat(200)])('%s stays as it is', (text) => {
  expect(readableId(Buffer.from(text))).toBe(text)
})

test.each([
  ['empty', ''],
  ['too long', 'x'.repeat(201)],
  ['a control character', 'a\u0007b'],
  ['a control character of the second kind', 'a\u0085b'],
])('%s is hashed', (_what, text) => {
  expect(readableId(Buffer.from(text))).toMatch(/^sha256-[0-9a-f]{64}$/)
})

test('bytes that read alike stay apart', () => {
  const ids = [[0xff], [0xfe], [0xef, 0xbf, 0xbd]].map((bytes) => readableId(Buffer.from(bytes)))
  expect(new Set(ids).size).toBe(3)
})
