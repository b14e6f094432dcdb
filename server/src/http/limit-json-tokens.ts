import { GatewayError } from '../errors/gateway-error.ts'

/** Fits 1000 events with 120 members each: about two tokens for each member, one for each array element. */
const MAX_JSON_TOKENS = 250_000

/**
 * Counts tokens before parsing, since a parsed value can take up to a hundred times the memory and time of its text.
 * @throws GatewayError 413 if the text, being valid JSON, has more than `MAX_JSON_TOKENS`.
 */
export function limitJsonTokens(text: string): string {
  // Valid JSON has at most two tokens in three characters, as in `[],[],[]`.
  if (text.length > 1.5 * MAX_JSON_TOKENS && exceedsTokens(text)) {
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
        at = findClosingQuote(text, at)
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

/** Returns the text's length if the string is not closed. */
function findClosingQuote(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at
    if (code === BACKSLASH) at++
  }
  return text.length
}
