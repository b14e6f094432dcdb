import type { Readable } from 'node:stream'

/** Told by `readLines`. */
interface LineListener {
  onLine(line: string): void
  /** A line was longer than allowed; nothing of it is kept. */
  onTooLong(): void
}

const NEWLINE = 0x0a

/** Reads UTF-8 lines of at most `maxBytes` bytes; returns the way to stop. */
export function readLines(input: Readable, maxBytes: number, { onLine, onTooLong }: LineListener): () => void {
  let pieces: Buffer[] = []
  let size = 0

  function take(piece: Buffer): void {
    size += piece.length
    if (size <= maxBytes) pieces.push(piece)
    else pieces = []
  }

  function endLine(): void {
    const [line, tooLong] = [Buffer.concat(pieces).toString('utf8').trim(), size > maxBytes]
    pieces = []
    size = 0
    if (tooLong) onTooLong()
    else if (line) onLine(line)
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
