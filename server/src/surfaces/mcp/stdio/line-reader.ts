import type { Readable } from 'node:stream'

/** Told by `readLines`. */
interface LineListener {
  onLine(line: string): void
  /** A line is longer than allowed; nothing of it is kept. Called as soon as it is, and once a line. */
  onTooLong(): void
}

const NEWLINE = 0x0a
const FIRST_CAPACITY = 4_096

/** Reads UTF-8 lines of at most `maxBytes` bytes; returns the way to stop. */
export function readLines(input: Readable, maxBytes: number, { onLine, onTooLong }: LineListener): () => void {
  // One buffer that grows: a line may come byte by byte, and a million small ones would take far more memory.
  let buffer = Buffer.alloc(0)
  let size = 0
  let isTooLong = false

  function take(piece: Buffer): void {
    if (isTooLong) return
    const needed = size + piece.length
    if (needed > maxBytes) {
      isTooLong = true
      buffer = Buffer.alloc(0)
      onTooLong()
      return
    }
    if (needed > buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(FIRST_CAPACITY, 2 * needed)))
      buffer.copy(larger, 0, 0, size)
      buffer = larger
    }
    piece.copy(buffer, size)
    size = needed
  }

  function endLine(): void {
    const line = isTooLong ? '' : buffer.toString('utf8', 0, size).trim()
    if (buffer.length > FIRST_CAPACITY) buffer = Buffer.alloc(0)
    size = 0
    isTooLong = false
    if (line) onLine(line)
  }

  function onData(chunk: Buffer): void {
    let begin = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, begin)) {
      take(chunk.subarray(begin, end))
      endLine()
      begin = end + 1
    }
    take(chunk.subarray(begin))
  }

  input.on('data', onData).once('end', endLine)
  return () => {
    input.off('data', onData).off('end', endLine).pause()
  }
}
