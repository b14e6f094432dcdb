import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { redact } from '../src/redaction/redact.ts'
import { KINDS, TEXTS } from './kinds.ts'
import { createRandom } from './random.ts'

/** A secret of which so many characters in a row remain was missed. */
const REMAINING = 12
const BINARY = /\.(?:gz|png|ico|woff2?|tgz|zip)$/

interface KindResult {
  name: string
  secrets: number
  missed: number
}

/** Passes generated secrets through the redaction, each within a text that a program or a person could have written. */
export function measureMisses(seed: number, secrets: number): KindResult[] {
  const random = createRandom(seed)
  const ofKind = secrets / KINDS.length
  return KINDS.map(({ name, create, texts = [], needsContext }) => {
    const around = needsContext ? texts : [...texts, ...TEXTS]
    let missed = 0
    for (let count = 0; count < ofKind; count++) {
      const secret = create(random)
      if (isLeft(redact(random.pick(around).replace('$', () => secret)), secret)) missed++
    }
    return { name, secrets: ofKind, missed }
  })
}

function isLeft(text: string, secret: string): boolean {
  const length = Math.min(REMAINING, secret.length)
  for (let start = 0; start + length <= secret.length; start++) {
    if (text.includes(secret.slice(start, start + length))) return true
  }
  return false
}

interface ChangedLines {
  lines: number
  changed: number
  /** How often each rule matched. */
  rules: ReadonlyMap<string, number>
}

/** How many lines of the files in git the redaction changes. */
export function measureChangedLines(): ChangedLines {
  const files = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8', maxBuffer: 2 ** 26 }).split('\0')
  const rules = new Map<string, number>()
  let lines = 0
  let changed = 0
  for (const file of files) {
    if (file === '' || BINARY.test(file)) continue
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      lines++
      const found: string[] = []
      redact(line, '', (rule) => found.push(rule))
      if (found.length > 0) changed++
      for (const rule of found) rules.set(rule, (rules.get(rule) ?? 0) + 1)
    }
  }
  return { lines, changed, rules }
}
