import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'

const MAX_CHARACTERS = 200
const READABLE = new RegExp(`^[^\\u0000-\\u001f\\u007f-\\u009f]{1,${MAX_CHARACTERS}}$`, 'u')

/** The text itself where it can be an id, else a hash of its bytes: different bytes give different ids. */
export function readableId(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (isUtf8(bytes) && READABLE.test(text)) return text
  return `sha256-${createHash('sha256').update(bytes).digest('hex')}`
}
