import { createHash } from 'node:crypto'
import type { SubjectRule } from './insight-rule.ts'

const MIN_EDITS = 10
/** A path may be as long as a request. */
const MAX_PATH_LENGTH = 1_000

export const fileChurn: SubjectRule = {
  isFound: ({ count }) => count >= MIN_EDITS,
  toShare({ event_type, file_path }) {
    if (event_type !== 'file_edited' || file_path === undefined) return undefined
    return { subject: hash(file_path), label: shorten(file_path) }
  },
  find({ first, count }, path) {
    return {
      first,
      severity: 'info',
      category: 'productivity',
      title: 'One file edited again and again',
      message: `${path} was edited ${count} times.`,
      payload: { file_path: path, edits: count },
    }
  },
}

function shorten(path: string): string {
  if (path.length <= MAX_PATH_LENGTH) return path
  // Not half a character.
  return `${path.slice(0, MAX_PATH_LENGTH).replace(/\p{Surrogate}$/u, '')}…`
}

/** Of the JSON text, since UTF-8 would make all lone surrogates equal. */
const hash = (path: string) => createHash('sha256').update(JSON.stringify(path)).digest('base64url')
