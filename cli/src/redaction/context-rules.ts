/** A secret that is recognized by what is around it: the group `secret` is replaced, `before` and `after` stay. */
export interface ContextRule {
  name: string
  /** With named groups; every repetition is bounded, so that the work is linear. */
  pattern: RegExp
  /** Whether what was found is a secret after all. */
  accepts?: (secret: string) => boolean
}

const NAME =
  'pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|secret[_-]?key|account[_-]?key|storage[_-]?key|signing[_-]?key|encryption[_-]?key|auth[_-]?key|app[_-]?key|license[_-]?key|credentials?|authorization|_auth'

/** Names that end like those of secrets; not `token_count`, `tokens` or `passed`. */
const SECRET_NAME = new RegExp(`(?:^|[_.-]|[a-z0-9])(?:${NAME})$`, 'i')
const NO_SECRET = /(?:max|min|num|count|total|input|output|next|prev|page|csrf)[_-]?tokens?$|compass$|bypass$/i

/** Whether a value of this name is a secret. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name) && !NO_SECRET.test(name)

const PLACEHOLDER =
  /^(?:\[redacted:[\w.-]{1,40}\].{0,20}|<[^>]{0,100}>|\$\{?[\w.:-]{1,100}\}?|\$\(.{0,200}|\{\{.{0,100}|%[\w]{1,60}%|[*x•.]{3,100}|\.\.\.|(?:your|my|the|some|example|dummy|test|fake|changeme|change-me|placeholder|none|null|undefined|true|false|string|number|boolean|unknown|any|object|required|optional|redacted)(?:[_-]?(?:own|password|secret|token|api[_-]?key|key|value|here))*)$/i

/** Text in the place of a secret: a variable, a type, `<token>`, `***`. */
export const isPlaceholder = (text: string): boolean => PLACEHOLDER.test(text.trim())

/** Bits a character, by the frequencies within the text. */
function getEntropy(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let entropy = 0
  for (const count of counts.values()) entropy -= (count / text.length) * Math.log2(count / text.length)
  return entropy
}

/** Not an expression such as `config.token`, `getToken()`, `user_name` or a path. */
function looksRandom(text: string): boolean {
  if (/[()[\]{}]/.test(text) || !/[0-9]/.test(text)) return false
  return getEntropy(text) >= (/^[./~]/.test(text) ? 4.3 : 2.3)
}

// In JSON within JSON, the quotes are escaped.
const KEY = `(?<![A-Za-z0-9])[A-Za-z0-9_.-]{0,60}?(?:${NAME})(?:\\\\{0,3}["'\`])?`
const SEPARATOR = '(?:[ \\t]{0,4}(?::=|=>|[:=])[ \\t]{0,4}|[ \\t]{1,4}is[ \\t]{1,4})'

export const CONTEXT_RULES: readonly ContextRule[] = [
  {
    name: 'private-key',
    pattern:
      /(?<before>)(?<secret>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$))/g,
  },
  {
    name: 'jwt',
    pattern: /(?<before>)(?<secret>\beyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,8000}(?:\.[A-Za-z0-9_-]{0,4000})?)/g,
  },
  {
    name: 'url-password',
    pattern:
      /(?<before>\b[A-Za-z][A-Za-z0-9+.-]{1,20}:\/\/[^\s:/@'"<>]{0,200}:)(?<secret>[^\s/'"<>@]{1,300})(?<after>@)/g,
  },
  {
    name: 'authorization',
    pattern:
      /(?<before>\b(?:proxy-)?authorization["'`]?[ \t]{0,4}[:=][ \t]{0,4}["'`]?(?:(?:bearer|basic|token|apikey|digest|negotiate)[ \t]{1,4})?)(?<secret>[^\s'"`,;]{8,4000})/gi,
  },
  {
    name: 'bearer',
    pattern: /(?<before>\bbearer[ \t]{1,4})(?<secret>[A-Za-z0-9._~+/=-]{16,4000})/gi,
    accepts: looksRandom,
  },
  {
    name: 'cookie',
    pattern: /(?<before>\b(?:set-)?cookie["'`]?[ \t]{0,4}:[ \t]{0,4}["'`]?)(?<secret>[^\r\n"'`]{8,8000})/gi,
    accepts: (text) => text.includes('='),
  },
  {
    name: 'option',
    pattern:
      /(?<before>(?<![\w-])--?(?:[a-z0-9-]{0,30}(?:password|passwd|passphrase|secret|token|api-?key|access-key)|storepass|keypass)(?:=|[ \t]{1,4}))(?<secret>"[^"\r\n]{4,300}"|'[^'\r\n]{4,300}'|[^\s'"-][^\s'"]{3,300})/gi,
  },
  {
    name: 'login',
    pattern:
      /(?<before>\b(?:curl|wget|http|https)\b[^\r\n|;&]{0,300}?[ \t](?:-u|--user|-a)[ \t]{0,4}["']?[^\s:'"]{1,100}:)(?<secret>[^\s'"]{3,200})/g,
  },
  {
    name: 'login',
    pattern:
      /(?<before>\b(?:sshpass|mysql|mysqldump|mysqladmin|mariadb)\b[^\r\n|;&]{0,300}?[ \t]-p[ \t]?)(?<secret>"[^"\r\n]{3,200}"|'[^'\r\n]{3,200}'|[^\s'"-][^\s'"]{2,200})/g,
  },
  // Quoted values of such names: any; the others only if they look random, since they may be code.
  {
    name: 'assignment',
    pattern: new RegExp(
      `(?<before>${KEY}${SEPARATOR}(?<quote>\\\\{0,3}["'\`]))(?<secret>(?:(?!\\k<quote>)[^\\r\\n]){4,500})(?<after>\\k<quote>)`,
      'gi',
    ),
    accepts: (text) => !/^[A-Z][A-Za-z]+(?: [A-Za-z]+)+/.test(text) && !/\s.*\s/.test(text),
  },
  {
    name: 'assignment',
    pattern: new RegExp(`(?<before>${KEY}${SEPARATOR})(?<secret>[^\\s'"\`,;)}\\]<>]{6,500})`, 'gi'),
    accepts: looksRandom,
  },
  {
    name: 'key',
    pattern: new RegExp(
      `(?<before>(?<![A-Za-z0-9])[A-Za-z0-9_.-]{0,60}?key(?:\\\\{0,3}["'\`])?${SEPARATOR}(?:\\\\{0,3}["'\`])?)(?<secret>[A-Za-z0-9+/=_-]{20,500})(?![A-Za-z0-9+/=_.-])`,
      'gi',
    ),
    accepts: (text) => looksRandom(text) && getEntropy(text) >= 3.7 && /[a-z]/.test(text) && /[A-Z]/.test(text),
  },
]
