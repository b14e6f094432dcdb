import { expect, test } from 'vitest'
import { encodeUtf8 } from './encode-utf8.ts'

test.each(['', 'plain', 'naïve', '日本', '🙂', 'a\u0000\u007f\u0080', '\ud800'])('%j is what UTF-8 says', (text) => {
  expect(encodeUtf8(text)).toEqual(Buffer.from(new TextEncoder().encode(text)))
})
