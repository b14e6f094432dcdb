const BACKSLASH = 0x5c
const QUOTE = 0x22

/**
 * Whether a JSON text says what `JSON.parse` read out of it and nothing more, so that every parser reads the same,
 * numbers that no double holds aside. Where nothing is escaped each string has its two quotes, keys included; a key that
 * stood twice is missing in the value.
 */
export const saysTheSame = (bytes: Buffer, value: unknown): boolean =>
  !bytes.includes(BACKSLASH) && quotesOf(bytes) === 2 * stringsIn(value)

function quotesOf(bytes: Buffer): number {
  const { buffer, byteOffset, length } = bytes
  // Four bytes at a time, which takes a third of the time.
  const wordsFrom = Math.min(-byteOffset & 3, length)
  const words = new Int32Array(buffer, byteOffset + wordsFrom, (length - wordsFrom) >> 2)
  let quotes = 0
  for (let index = 0; index < words.length; index++) quotes += quotesInWord(words[index] as number)
  const wordsTo = wordsFrom + 4 * words.length
  for (const byte of bytes.subarray(0, wordsFrom)) if (byte === QUOTE) quotes++
  for (const byte of bytes.subarray(wordsTo)) if (byte === QUOTE) quotes++
  return quotes
}

/** A byte is zero exactly where neither it nor its lower seven bits and 127 have the highest bit. */
function quotesInWord(word: number): number {
  const zeroAtQuotes = word ^ (QUOTE * 0x01010101)
  const highBits = ~(((zeroAtQuotes & 0x7f7f7f7f) + 0x7f7f7f7f) | zeroAtQuotes) & 0x80808080
  return Math.imul(highBits >>> 7, 0x01010101) >>> 24
}

/** Keys count. Not a number where there is anything that `JSON.parse` does not make. */
function stringsIn(value: unknown): number {
  if (typeof value === 'string') return 1
  if (typeof value === 'bigint') return Number.NaN
  if (typeof value !== 'object' || value === null) return 0
  let strings = 0
  if (Array.isArray(value)) {
    for (const element of value) strings += stringsIn(element)
    return strings
  }
  const fields = value as Record<string, unknown>
  // Not Object.keys: it makes a list for each object, at twice the time.
  for (const key in fields) {
    const field = fields[key]
    if (field !== undefined) strings += 1 + stringsIn(field)
  }
  return strings
}
