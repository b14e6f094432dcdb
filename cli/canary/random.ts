/** Reproducible randomness. */
export interface Random {
  /** A whole number from 0 up to, but not including, `limit`. */
  below(limit: number): number
  pick<T>(from: readonly T[]): T
  /** `length` characters of an alphabet. */
  text(length: number, alphabet?: string): string
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
export const DIGITS = '0123456789'
export const HEX = `${DIGITS}abcdef`
export const UPPER = LOWER.toUpperCase()
export const BASE62 = LOWER + UPPER + DIGITS
export const BASE64 = `${BASE62}+/`
export const BASE64_URL = `${BASE62}-_`

/** The generator mulberry32: the same seed gives the same sequence. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    pick: <T>(from: readonly T[]) => from[below(from.length)] as T,
    text: (length, alphabet = BASE62) => Array.from({ length }, () => alphabet[below(alphabet.length)]).join(''),
  }
}
