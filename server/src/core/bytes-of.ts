import { mayExceedDouble, stringifyJson } from '@achilles/mcp-contract'
import type { CoreCall } from './core-call.ts'
import { encodeUtf8 } from './encode-utf8.ts'
import { saysTheSame } from './says-the-same.ts'

/** What a call sends. Not text: got would encode it once more to learn its length. */
export function bytesOf({ body, written }: Pick<CoreCall, 'body' | 'written'>): Buffer {
  if (Buffer.isBuffer(body)) return body
  // Whoever reads more digits than a double holds reads another number.
  if (written !== undefined && !mayExceedDouble(written)) {
    const bytes = encodeUtf8(written)
    if (saysTheSame(bytes, body)) return bytes
  }
  return encodeUtf8(stringifyJson(body))
}
