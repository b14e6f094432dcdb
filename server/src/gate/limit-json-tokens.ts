import { GatewayError } from '../problem/gateway-error.ts'

/**
 * How many tokens a request may hold: commas, colons, opening brackets and braces outside of strings, so two for each
 * member of an object and one for each element of a list. 1000 events have room for 120 members each.
 */
const MAX_JSON_TOKENS = 250_000

/**
 * Gives a JSON text back. What `JSON.parse` makes of a text takes memory and time by its tokens, up to a hundred times
 * what its characters take, so they are counted before. A text that is not JSON passes.
 * @throws GatewayError 413 past `MAX_JSON_TOKENS`.
 */
export function limitJsonTokens(text: string): string {
  // Shorter texts cannot have as many: only large ones are looked through.
  if (text.length > MAX_JSON_TOKENS && exceedsTokens(text)) {
    throw new GatewayError(
      'PAYLOAD_TOO_LARGE',
      `The body holds more than ${MAX_JSON_TOKENS} JSON tokens (commas, colons, brackets and braces); send less at a time.`,
    )
  }
  return text
}

const [QUOTE, BACKSLASH, COMMA, COLON, BRACKET, BRACE] = [0x22, 0x5c, 0x2c, 0x3a, 0x5b, 0x7b]

function exceedsTokens(text: string): boolean {
  let tokens = 0
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at)
        break
      case COMMA:
      case COLON:
      case BRACKET:
      case BRACE:
        if (++tokens > MAX_JSON_TOKENS) return true
    }
  }
  return false
}

/** Where the string that begins at `begin` has its closing quote; the end of a text that has none. */
function endOfString(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at
    if (code === BACKSLASH) at++
  }
  return text.length
}
