import type { Config } from '../../config.ts'

/** `skipped`: not checked because of an earlier fault. */
export type CheckStatus = 'ok' | 'warning' | 'fault' | 'skipped'

export interface CheckResult {
  verdict: CheckStatus
  seen: Line
  advice?: Line
  /** Set if Core does not respond or rejects the key: the remaining checks of Core are skipped. */
  stopsCoreChecks?: true
}

export interface Check {
  name: string
  run: () => CheckResult | Promise<CheckResult>
}

export const ok = (seen: Line): CheckResult => ({ verdict: 'ok', seen })
export const warning = (seen: Line, advice: Line): CheckResult => ({ verdict: 'warning', seen, advice })
export const fault = (seen: Line, advice: Line): CheckResult => ({ verdict: 'fault', seen, advice })
export const skipped = (seen: Line): CheckResult => ({ verdict: 'skipped', seen })

/** Text from elsewhere, which may contain a secret. */
interface Value {
  readonly value: string
}

/** Literal text, and values to redact. */
export type Line = readonly (string | Value)[]

/** A template tag. Interpolated strings are values to redact; the template, numbers and lines are not. */
export function line(words: TemplateStringsArray, ...parts: (string | number | Line)[]): Line {
  return words.flatMap((text, index) => {
    const part = parts[index]
    if (part === undefined) return text
    if (typeof part === 'string') return [text, { value: part }]
    return typeof part === 'number' ? [text, String(part)] : [text, ...part]
  })
}

/** Marks text of this project that never contains a secret, e.g. a path, as literal. */
export const literal = (text: string): Line => [text]

const MAX_VALUE_LENGTH = 500
/** Shorter secrets are masked only as whole words, since they are part of too many others. */
const MIN_DISTINCT_LETTERS = 8
const SECRET_PARAMETER = /pass|secret|token|key|auth|sig/i

/** Renders lines. In values it masks the secrets of the settings, replaces control characters and cuts long text. */
export function redact({ core, auth, embeddedCore }: Config): (line: Line) => string {
  const urls = [auth.redisUrl, auth.tokens?.jwksUrl, embeddedCore.databaseUrl]
  const secrets = [core?.apiKey, ...urls.flatMap(urlSecrets)]
  const spellings = secrets.flatMap((secret) => (secret ? getSpellings(secret) : []))
  // Longest first: a secret may contain another one.
  const patterns = [...new Set(spellings)].sort((a, b) => b.length - a.length).map(toPattern)

  const showValue = (value: string) => {
    const hidden = patterns.reduce((rest, pattern) => rest.replace(pattern, '***'), value)
    const plain = hidden.replace(/\p{C}+/gu, ' ')
    return plain.length > MAX_VALUE_LENGTH ? `${plain.slice(0, MAX_VALUE_LENGTH)}…` : plain
  }
  return (line) => line.map((part) => (typeof part === 'string' ? part : showValue(part.value))).join('')
}

/** The password, or a user without one, and parameters with names such as `token`. */
function urlSecrets(url: string | undefined): string[] {
  if (url === undefined) return []
  const { username, password, searchParams } = new URL(url)
  const parameters = [...searchParams].flatMap(([name, value]) => (SECRET_PARAMETER.test(name) ? [value] : []))
  return [password || username, ...parameters]
}

function getSpellings(secret: string): string[] {
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
