import { CONTEXT_RULES, isPlaceholder, isSecretName } from './context-rules.ts'
import { TOKEN_FORMATS } from './token-formats.ts'

/** Called for each secret that is removed, with the rule that found it. */
export type OnSecret = (rule: string) => void

const FORMATS = Object.entries(TOKEN_FORMATS)

const marker = (rule: string) => `[redacted:${rule}]`

/**
 * Replaces what looks like a secret by `[redacted:<rule>]`. The work is linear in the length of the text.
 * @param key the name of the value; the whole value is replaced if it is that of a secret
 */
export function redact(text: string, key = '', onSecret: OnSecret = () => {}): string {
  if (text.length < 4) return text
  if (isSecretName(key) && !isPlaceholder(text)) {
    onSecret('named')
    return marker('named')
  }
  let redacted = text
  for (const [rule, pattern] of FORMATS) {
    redacted = redacted.replace(pattern, () => {
      onSecret(rule)
      return marker(rule)
    })
  }
  for (const { name, pattern, accepts } of CONTEXT_RULES) {
    redacted = redacted.replace(pattern, (...match) => {
      const groups = match.at(-1) as Partial<Record<'before' | 'secret' | 'after', string>>
      const { before = '', secret = '', after = '' } = groups
      if (isPlaceholder(secret) || accepts?.(secret) === false) return match[0]
      onSecret(name)
      return `${before}${marker(name)}${after}`
    })
  }
  return redacted
}
