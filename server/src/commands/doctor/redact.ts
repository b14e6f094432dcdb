import type { Config } from '../../config.ts'
import type { Line } from './line.ts'

const LONGEST_VALUE = 500
/** A shorter secret is masked only where it stands alone: it is part of too many words. */
const MIN_DISTINCT_LETTERS = 8
const SECRET_PARAMETER = /pass|secret|token|key|auth|sig/i

/**
 * Makes a line fit to be shown. In its values no secret of the settings is left, no control character, and no more than 500
 * characters; its own words stay as they are.
 */
export function redact({ core, gate, embeddedCore }: Config): (line: Line) => string {
  const urls = [gate.redisUrl, gate.tokens?.jwksUrl, embeddedCore.databaseUrl]
  const written = [core?.apiKey, ...urls.flatMap(urlSecrets)]
  const spellings = written.flatMap((secret) => (secret ? spellingsOf(secret) : []))
  // Longest first: one secret may be part of another.
  const patterns = [...new Set(spellings)].sort((a, b) => b.length - a.length).map(toPattern)

  const showValue = (value: string) => {
    const hidden = patterns.reduce((rest, pattern) => rest.replace(pattern, '***'), value)
    const plain = hidden.replace(/\p{C}+/gu, ' ')
    return plain.length > LONGEST_VALUE ? `${plain.slice(0, LONGEST_VALUE)}…` : plain
  }
  return (line) => line.map((part) => (typeof part === 'string' ? part : showValue(part.value))).join('')
}

/** The password in a URL, a user without one, and parameters that are named like secrets. */
function urlSecrets(url: string | undefined): string[] {
  if (url === undefined) return []
  const { username, password, searchParams } = new URL(url)
  const parameters = [...searchParams].flatMap(([name, value]) => (SECRET_PARAMETER.test(name) ? [value] : []))
  return [password || username, ...parameters]
}

/** How a secret may come back: as written in the settings, decoded, encoded for a URL or for JSON. */
function spellingsOf(secret: string): string[] {
  const decoded = decode(secret)
  return [secret, decoded, encodeURIComponent(decoded), JSON.stringify(decoded).slice(1, -1)]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function toPattern(secret: string): RegExp {
  const literal = secret.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  const isDistinct = secret.length >= MIN_DISTINCT_LETTERS
  return new RegExp(isDistinct ? literal : `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'gu')
}
