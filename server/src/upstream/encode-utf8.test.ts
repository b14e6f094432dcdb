import { expect, test } from 'vitest'
import { encodeUtf8 } from './encode-body.ts'

test.each(['', 'plain', 'naïve', '日本', '🙂', 'a\u0000\u007f\u0080', '\ud800'])('%j is encoded as UTF-8', (text) => {
  expect(encodeUtf8(text)).toEqual(Buffer.from(new TextEncoder().encode(text)))
})
